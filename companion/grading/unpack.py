"""Copies a submission into an empty folder: plain files only, inside that folder, and not too many.

Whatever a submission claims about itself is not believed: sizes are counted as they come.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from companion.grading.submissions import Kind, Submission, regular_files
from companion.grading.verdicts import Verdict
from companion.project.locate import LEFT_BY_TOOLS, NotAProject, locate

MOST_BYTES = 50 * 1024 * 1024  # of all files of a submission
MOST_FILES = 5000
MOST_LISTED = 4 * 1024 * 1024  # bytes of a zip's list of files
DEEPEST, LONGEST = 32, 200  # folders, and bytes of a name
CHUNK = 64 * 1024
ARCHIVES = {".zip", ".rar", ".7z", ".tar", ".gz", ".tgz"}
COMPRESSION = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    OSError,
    OverflowError,
    MemoryError,
    IndexError,
)


class Source(Protocol):
    """Where the content of a file comes from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, and b"" at the end."""


class Unusable(Exception):
    """There is nothing to grade in it; carries the verdict, and a sentence for the student."""

    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.verdict, self.why = verdict, why


def unpack(submission: Submission, target: Path) -> Path:
    """Copy the submission into `target`, an empty folder. Returns the folder of its manage.py. Raises Unusable."""
    target.mkdir(mode=0o755, exist_ok=True)
    writer = Writer(target)
    readers = {Kind.ZIP: _zip, Kind.FOLDER: _folder}
    if submission.kind not in readers:
        raise Unusable(Verdict.UNREADABLE, "This is not a folder and not a zip: hand in one of these.")
    with closing(_blamed(readers[submission.kind](submission.path))) as files:
        for name, source in files:
            writer.add(name, source)
    try:
        return locate(target, deepest=DEEPEST).folder
    except NotAProject as error:
        if error.failure.type == "SeveralProjects":
            raise Unusable(Verdict.NO_PROJECT, f"There are several projects: {error}. Hand in one.") from None
        hint = _hidden(target) if writer.files else " There are no files in it at all."
        raise Unusable(Verdict.NO_PROJECT, f"No manage.py was found in it, nor in the folders below.{hint}") from None


def _hidden(folder: Path) -> str:
    """Says where the project may be: in a repository, in a folder that is skipped, or in an archive inside this one."""
    if any((head.parent / "objects").is_dir() for head in folder.rglob("HEAD")):
        return " This is a bare git repository, which has no files: clone it (git clone), and hand in the clone."
    for path in sorted(folder.rglob("manage.py")):
        place = path.relative_to(folder).as_posix()
        return f" There is {_shown(place)}, but tools make folders of that name: rename the folder."
    inside = sorted(path.name for path in folder.rglob("*") if path.suffix.lower() in ARCHIVES)
    return f" There is {_shown(inside[0])} in it: hand in what that holds, as a zip." if inside else ""


Files = Generator[tuple[str, Source], None, None]


def _blamed(files: Files) -> Files:
    """What `files` yields. What goes wrong while it is read, and nothing else, is the fault of the submission."""
    with closing(files):
        while True:
            with _blame():
                found = next(files, None)
            if found is None:
                return
            yield found[0], Blamed(found[1])


class Blamed:
    """A source whose errors are the fault of the submission."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, and b"" at the end. Raises Unusable."""
        with _blame():
            return self.source.read(size)


@contextmanager
def _blame() -> Iterator[None]:
    """Turns what goes wrong while a submission is read into Unusable."""
    try:
        yield
    except OSError as error:
        raise Unusable(Verdict.UNREADABLE, f"It cannot be read: {error.strerror or error}.") from None
    except BROKEN as error:
        why = str(error)[:200] or type(error).__name__
        raise Unusable(Verdict.UNREADABLE, f"The zip is broken: {why}.") from None


class Writer:
    """Writes the files of a submission below `target`."""

    def __init__(self, target: Path) -> None:
        self.target, self.bytes, self.files = target, 0, 0

    def add(self, name: str, source: Source) -> None:
        """Write one file with what `source` gives. Raises Unusable for a bad name, and when it gets too much."""
        inside = parts(name)
        if LEFT_BY_TOOLS.intersection(inside):
            return
        self.files += 1
        if self.files > MOST_FILES:
            raise Unusable(
                Verdict.UNREADABLE, f"There are more than {MOST_FILES} files in it. Leave out what others wrote."
            )
        path = self.target.joinpath(*inside)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                while chunk := source.read(CHUNK):
                    self.bytes += len(chunk)
                    if self.bytes > MOST_BYTES:
                        raise Unusable(
                            Verdict.UNREADABLE,
                            f"It holds more than {MOST_BYTES >> 20} MB. Leave out what others wrote.",
                        )
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError):
            raise Unusable(Verdict.UNREADABLE, f"It holds {_shown(name)} twice.") from None
        path.chmod(0o644)


def parts(name: str) -> list[str]:
    """The folders and the file that a path names. Raises Unusable when it leads out of the folder."""
    inside = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    absolute = name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name)
    if len(inside) > DEEPEST:
        raise Unusable(Verdict.UNREADABLE, f"It holds more than {DEEPEST} folders inside each other: {_shown(name)}.")
    if any(len(part.encode(errors="replace")) > LONGEST for part in inside):
        raise Unusable(Verdict.UNREADABLE, f"It holds a file whose name is too long: {_shown(name)}.")
    if absolute or ".." in inside or not inside or "\0" in name:
        raise Unusable(Verdict.UNREADABLE, f"It holds a file called {_shown(name)}, which is no path inside of it.")
    return inside


def _folder(folder: Path) -> Files:
    files = list(regular_files(folder))
    zips = [path for name, path in files if "/" not in name and name.lower().endswith(".zip")]
    if len(zips) == 1 and not any(name.endswith("manage.py") for name, _ in files):
        yield from _zip(zips[0])  # Moodle puts each student's file into a folder
        return
    for name, path in files:
        with path.open("rb") as file:
            yield name, file


def _zip(path: Path) -> Files:
    _refuse_long_list(path)
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            link = (entry.external_attr >> 16) & 0o170000 not in (0, 0o100000, 0o040000)
            if entry.is_dir() or link or LEFT_BY_TOOLS.intersection(parts(entry.filename)):
                continue
            if entry.flag_bits & 1:
                raise Unusable(Verdict.UNREADABLE, "The zip is encrypted: hand in one without a password.")
            if entry.compress_type not in COMPRESSION:
                raise Unusable(
                    Verdict.UNREADABLE,
                    "The zip is packed in a way that is rare: make it with your system's own tool.",
                )
            with archive.open(entry) as file:
                yield entry.filename, file


def _refuse_long_list(path: Path) -> None:
    """zipfile reads the whole list of files at once: see first that it is short. Raises Unusable."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65557))  # where the end of the list can begin at the earliest
        tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + 22 > len(tail):
        raise zipfile.BadZipFile("it is no zip, or only the beginning of one")
    (size,) = struct.unpack_from("<L", tail, at + 12)
    if size > MOST_LISTED:
        raise Unusable(
            Verdict.UNREADABLE, f"There are more than {MOST_FILES} files in it. Leave out what others wrote."
        )


def _shown(name: str) -> str:
    return ascii(name[:80])
