"""Copies a submission into an empty folder: only plain files, only inside that folder, and not too many.

Sizes are counted while the files are read, because a zip's own list can lie.
"""

import re
import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from companion.grading.submissions import Kind, Submission, regular_files
from companion.grading.verdicts import Verdict
from companion.project.locate import LEFT_BY_TOOLS, NotAProject, locate

MOST_BYTES = 50 * 1024 * 1024  # of all files of a submission
MOST_FILES = 5000
MOST_LISTED = 4 * 1024 * 1024  # bytes of a zip's central directory
DEEPEST, LONGEST = 32, 200  # levels of folders, and bytes of a name
CHUNK = 64 * 1024
ARCHIVES = {".zip", ".rar", ".7z", ".tar", ".gz", ".tgz"}
COMPRESSION = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

TOO_MANY = "There are more than {} files in it. Leave out what others wrote."

Files = Iterator[tuple[str, Iterator[bytes]]]  # (name, content in pieces)


class Unusable(Exception):
    """Raised if a submission can't be graded; carries the verdict, and a sentence for the student."""

    def __init__(self, why: str, verdict: Verdict = Verdict.UNREADABLE) -> None:
        super().__init__(why)
        self.verdict, self.why = verdict, why


def unpack(submission: Submission, target: Path) -> Path:
    """Copies the submission into the empty folder `target`. Returns the folder of its manage.py. Raises Unusable."""
    target.mkdir(mode=0o755, exist_ok=True)
    if submission.kind is Kind.OTHER:
        raise Unusable("This is not a folder and not a zip: hand in one of these.")
    files = _zip(submission.path) if submission.kind is Kind.ZIP else _folder(submission.path)
    _write(_unusable_if_it_fails(files), target)
    try:
        return locate(target, deepest=DEEPEST).folder
    except NotAProject as error:
        why = f"No manage.py was found in it, nor in the folders below.{_hidden(target)}"
        if error.failure.type == "SeveralProjects":
            why = f"There are several projects: {error}. Hand in one."
        raise Unusable(why, Verdict.NO_PROJECT) from None


def _write(files: Files, target: Path) -> None:
    """Writes the files of a submission into `target`. Raises Unusable for a bad name or for too many files or bytes."""
    size = 0
    kept = ((name, pieces) for name, pieces in files if not LEFT_BY_TOOLS.intersection(parts(name)))
    for count, (name, pieces) in enumerate(kept):
        if count == MOST_FILES:
            raise Unusable(TOO_MANY.format(MOST_FILES))
        path = target.joinpath(*parts(name))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                for piece in _unusable_if_it_fails(pieces):
                    size += len(piece)
                    if size > MOST_BYTES:
                        raise Unusable(f"It holds more than {MOST_BYTES >> 20} MB. Leave out what others wrote.")
                    file.write(piece)
        except (FileExistsError, NotADirectoryError):
            raise Unusable(f"It holds {_shown(name)} twice.") from None
        path.chmod(0o644)


def _unusable_if_it_fails(reading: Iterator[Any]) -> Iterator[Any]:
    """Yields what `reading` yields, and turns its errors, which are the submission's fault, into Unusable."""
    try:
        yield from reading
    except Unusable:
        raise
    except OSError as error:
        raise Unusable(f"It cannot be read: {error.strerror or error}.") from None
    except Exception as error:  # zipfile and zlib raise many types for a broken zip
        raise Unusable(f"The zip is broken: {str(error)[:200] or type(error).__name__}.") from None


def _hidden(folder: Path) -> str:
    """Returns where the project may be: in a git repository, a folder that is skipped, or an archive inside."""
    if not any(path.is_file() for path in folder.rglob("*")):
        return " There are no files in it at all."
    if any((head.parent / "objects").is_dir() for head in folder.rglob("HEAD")):
        return " This is a bare git repository, which has no files: clone it (git clone), and hand in the clone."
    for path in sorted(folder.rglob("manage.py")):
        place = path.relative_to(folder).as_posix()
        return f" There is {_shown(place)}, but tools make folders of that name: rename the folder."
    inside = sorted(path.name for path in folder.rglob("*") if path.suffix.lower() in ARCHIVES)
    return f" There is {_shown(inside[0])} in it: hand in what that holds, as a zip." if inside else ""


def parts(name: str) -> list[str]:
    """Returns the folders and the file in a path. Raises Unusable if it leads out of the folder."""
    inside = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    absolute = name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name)
    if len(inside) > DEEPEST:
        raise Unusable(f"It holds more than {DEEPEST} folders inside each other: {_shown(name)}.")
    if any(len(part.encode(errors="replace")) > LONGEST for part in inside):
        raise Unusable(f"It holds a file whose name is too long: {_shown(name)}.")
    if absolute or ".." in inside or not inside or "\0" in name:
        raise Unusable(f"It holds a file called {_shown(name)}, which is no path inside of it.")
    return inside


def _folder(folder: Path) -> Files:
    files = list(regular_files(folder))
    zips = [path for name, path in files if "/" not in name and name.lower().endswith(".zip")]
    if len(zips) == 1 and not any(name.endswith("manage.py") for name, _ in files):
        yield from _zip(zips[0])  # Moodle puts each student's file into a folder
        return
    for name, path in files:
        with path.open("rb") as file:
            yield name, _pieces(file)


def _zip(path: Path) -> Files:
    _refuse_long_list(path)
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            link = (entry.external_attr >> 16) & 0o170000 not in (0, 0o100000, 0o040000)
            if entry.is_dir() or link or LEFT_BY_TOOLS.intersection(parts(entry.filename)):
                continue
            if entry.flag_bits & 1:
                raise Unusable("The zip is encrypted: hand in one without a password.")
            if entry.compress_type not in COMPRESSION:
                raise Unusable("The zip is packed in a way that is rare: make it with your system's own tool.")
            with archive.open(entry) as file:
                yield entry.filename, _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(file.read, CHUNK), b"")


def _refuse_long_list(path: Path) -> None:
    """Raises Unusable if a zip lists too many files, because zipfile reads the whole list at once."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65633))  # the earliest position of the end records
        tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + 22 > len(tail):
        raise zipfile.BadZipFile("it is no zip, or only the beginning of one")
    zip64 = tail[max(0, at - 20) : at].startswith(b"PK\6\7")  # then zipfile believes the record before this one
    (size,) = struct.unpack_from("<Q" if zip64 else "<L", tail, at - 36 if zip64 else at + 12)
    if size > MOST_LISTED:
        raise Unusable(TOO_MANY.format(MOST_FILES))


def _shown(name: str) -> str:
    return ascii(name[:80])
