"""Writes each result to the disk at once, so that a run which is killed loses nothing."""

import contextlib
import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from companion.grading.verdicts import CannotGrade, Grade, Verdict

try:
    import fcntl
except ImportError:  # on Windows, where no untrusted code is graded
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Key:
    """Identifies a result: the submission's name, a hash of its content, and the fingerprint of the suite."""

    name: str
    digest: str
    suite: str


class Journal:
    """An append-only file of JSON lines, used as a context manager that locks it against other processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[Key, Grade] = {}

    def __enter__(self) -> Self:
        """Reads the existing results, and removes an incomplete last line. Raises CannotGrade."""
        self._file = self.path.open("a+b")
        if fcntl:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._file.close()
                raise CannotGrade(f"another run writes to {self.path}") from None
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        self._file.truncate(whole)
        for line in content[:whole].splitlines():
            # A line that can't be read is skipped, and its submission is graded again.
            with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
                data = json.loads(line)
                self.results[Key(**data)] = Grade.read(data.pop("result"))
        self.forget([Verdict.GRADER_FAILED])  # the failure of the grader itself is not a result
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):  # disk full, as reported; the next run drops a cut-off line
            self._file.close()

    def forget(self, verdicts: Collection[Verdict]) -> None:
        """Forgets the results with these verdicts, so that the submissions are graded again."""
        self.results = {key: result for key, result in self.results.items() if result.verdict not in verdicts}

    def add(self, key: Key, result: Grade) -> None:
        """Writes a result, and returns when it is on the disk."""
        self._file.write(json.dumps({**asdict(key), "result": asdict(result)}).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.results[key] = result


def write_whole(path: Path, content: str) -> None:
    """Writes a file atomically: a reader sees either the old or the new content."""
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("w", encoding="utf-8", errors="replace", newline="") as file:  # names can be invalid text
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
