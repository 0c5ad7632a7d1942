"""What has been graded, line by line, on disk before anything else happens: a run that is killed loses nothing."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from companion.grading.verdicts import Grade, Verdict

try:
    import fcntl
except ImportError:  # Windows, where no untrusted code is graded
    fcntl = None  # type: ignore[assignment]


class Busy(RuntimeError):
    """Another run writes to this journal now."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a result is for: the submission's name, its content (`digest`), and what it was graded with (`suite`)."""

    name: str
    digest: str
    suite: str


class Journal:
    """An append-only file of JSON lines. Use it as a context; a second process cannot open it meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[Key, Grade] = {}

    def __enter__(self) -> Journal:
        """Read what is there. A last line that was cut off is dropped. Raises Busy."""
        self._file = self.path.open("a+b")
        if fcntl:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._file.close()
                raise Busy(f"another run writes to {self.path}") from None
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._file.truncate(whole)
        for line in content[:whole].splitlines():
            # What cannot be read is not ours: that submission is graded again.
            with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
                data = json.loads(line)
                self.results[Key(**data)] = Grade.read(data.pop("result"))
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):  # the disk is full: that has been said, and the next run drops half a line
            self._file.close()

    def done(self, key: Key) -> Grade | None:
        """The result for just this submission, if there is one. Where the grader itself failed, nothing is done."""
        result = self.results.get(key)
        return None if result is None or result.verdict is Verdict.GRADER_FAILED else result

    def forget(self, verdicts: Collection[Verdict]) -> None:
        """Count what ended so as not done."""
        self.results = {key: result for key, result in self.results.items() if result.verdict not in verdicts}

    def add(self, key: Key, result: Grade) -> None:
        """Write a result, and return when it is on the disk."""
        self._file.write(json.dumps({**asdict(key), "result": asdict(result)}).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.results[key] = result


def write_whole(path: Path, content: str) -> None:
    """Write a file so that a reader sees all of the old or all of the new one."""
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("w", encoding="utf-8", errors="replace", newline="") as file:  # a file's name may be no text
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
