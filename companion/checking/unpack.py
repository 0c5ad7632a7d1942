"""Copies a submission into an empty folder: plain files only, inside that folder, and not too many.

Whatever a submission claims about itself is not believed: sizes are counted as they come.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from contextlib import closing
from pathlib import Path

from companion.checking.project import NotAProject, locate
from companion.checking.repository import BadRepository, Repository, Source
from companion.checking.submissions import SKIPPED, Kind, Submission, regular_files
from companion.checking.verdicts import Verdict

MOST_BYTES = 50 * 1024 * 1024  # of all files of a submission
MOST_FILES = 5000
MOST_SEEN = 50_000  # files of a repository, with those that are left out
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


class Unusable(Exception):
    """There is nothing to grade in it; carries the verdict, and a sentence for the student."""

    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.verdict, self.why = verdict, why


def unpack(submission: Submission, target: Path) -> Path:
    """Copy the submission into `target`, an empty folder. Returns the folder of its manage.py. Raises Unusable."""
    target.mkdir(mode=0o755, exist_ok=True)
    writer = Writer(target)
    if submission.kind is Kind.GIT:
        _git(submission.path, writer)
    elif submission.kind is Kind.ZIP:
        _zip(submission.path, writer)
    elif submission.kind is Kind.FOLDER:
        _folder(submission.path, writer)
    else:
        raise Unusable(Verdict.UNREADABLE, "This is no folder, no zip and no git repository: hand in one of these.")
    try:
        return locate(target).folder
    except NotAProject as error:
        if error.failure.type == "SeveralProjects":
            raise Unusable(Verdict.NO_PROJECT, f"There are several projects: {error}. Hand in one.") from None
        hint = _packed(target) if writer.files else " There are no files in it at all."
        raise Unusable(Verdict.NO_PROJECT, f"No manage.py was found in it, nor in the folders below.{hint}") from None


def _packed(folder: Path) -> str:
    """Where the project may be hidden: in an archive that was packed once more."""
    inside = sorted(path.name for path in folder.rglob("*") if path.suffix.lower() in ARCHIVES)
    return f" There is {_shown(inside[0])} in it: hand in what that holds, as a zip." if inside else ""


class Writer:
    """Writes the files of a submission below `target`."""

    def __init__(self, target: Path) -> None:
        self.target, self.bytes, self.files = target, 0, 0

    def add(self, name: str, source: Source) -> None:
        """Write one file with what `source` gives. Raises Unusable for a bad name, and when it gets too much."""
        parts = self.parts(name)
        if SKIPPED.intersection(parts):
            return
        self.files += 1
        if self.files > MOST_FILES:
            raise Unusable(
                Verdict.UNREADABLE, f"There are more than {MOST_FILES} files in it. Leave out what others wrote."
            )
        path = self.target.joinpath(*parts)
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

    def parts(self, name: str) -> list[str]:
        """The folders and the file that a path names. Raises Unusable when it leads out of the folder."""
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        absolute = name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name)
        if any(len(part.encode(errors="replace")) > LONGEST for part in parts) or len(parts) > DEEPEST:
            raise Unusable(Verdict.UNREADABLE, f"It holds a file whose name is too long: {_shown(name)}.")
        if absolute or ".." in parts or not parts or "\0" in name:
            raise Unusable(Verdict.UNREADABLE, f"It holds a file called {_shown(name)}, which is no path inside of it.")
        return parts


def _folder(folder: Path, writer: Writer) -> None:
    try:
        files = list(regular_files(folder))
    except OSError as error:  # folders in folders, so deep that their path has no end
        raise Unusable(Verdict.UNREADABLE, f"It cannot be read: {error.strerror}.") from None
    zips = [path for name, path in files if "/" not in name and name.lower().endswith(".zip")]
    if len(zips) == 1 and not any(name.endswith("manage.py") for name, _ in files):
        _zip(zips[0], writer)  # Moodle puts each student's file into a folder
        return
    for name, path in files:
        with path.open("rb") as file:
            writer.add(name, file)


def _zip(path: Path, writer: Writer) -> None:
    def broken(error: BaseException) -> Unusable:
        return Unusable(Verdict.UNREADABLE, f"The zip is broken: {str(error)[:200] or type(error).__name__}.")

    try:
        _refuse_long_list(path)
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                link = (entry.external_attr >> 16) & 0o170000 not in (0, 0o100000, 0o040000)
                if entry.is_dir() or link or SKIPPED.intersection(writer.parts(entry.filename)):
                    continue
                if entry.flag_bits & 1:
                    raise Unusable(Verdict.UNREADABLE, "The zip is encrypted: hand in one without a password.")
                if entry.compress_type not in COMPRESSION:
                    raise Unusable(
                        Verdict.UNREADABLE,
                        "The zip is packed in a way that is rare: make it with your system's own tool.",
                    )
                with archive.open(entry) as file:
                    writer.add(entry.filename, file)
    except BROKEN as error:
        raise broken(error) from None


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


def _git(folder: Path, writer: Writer) -> None:
    repository = Repository.at(folder)
    assert repository
    try:
        with closing(repository.files()) as files:
            for seen, (name, file) in enumerate(files, 1):
                if seen > MOST_SEEN:
                    raise Unusable(Verdict.UNREADABLE, f"There are more than {MOST_SEEN} files in it.")
                writer.add(name, file)
    except BadRepository as error:
        raise Unusable(Verdict.UNREADABLE, str(error)) from None


def _shown(name: str) -> str:
    return ascii(name[:80])
