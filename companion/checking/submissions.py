"""Which submissions lie in a folder, whose each is, and whether one has changed."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from companion.checking.repository import Repository

CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_\d+_.+")
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_\w+_.*")
SKIPPED = frozenset(
    {
        ".git",
        ".hg",
        ".venv",
        "venv",
        "node_modules",
        "site-packages",
        "__pycache__",
        "__MACOSX",
        ".idea",
        ".vscode",
        ".DS_Store",
        ".pytest_cache",
    }
)


MOST_READ = 200 * 1024 * 1024  # bytes of a submission that its digest is made of
MOST_NAMES = 20_000  # files of it


class Kind(StrEnum):
    """What a submission is."""

    FOLDER = "folder"
    ZIP = "zip"
    GIT = "git repository"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class Student:
    """Whose a submission is, by its name: `system` is "canvas", "moodle" or "", `id` the number that it gave."""

    name: str
    system: str = ""
    id: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """One entry of the folder; `name` is its file name."""

    path: Path
    kind: Kind

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def student(self) -> Student:
        return student(self.name)


def student(name: str) -> Student:
    """Whose file this is, from the names that Canvas and Moodle give to what they let one download."""
    if found := MOODLE.fullmatch(name):
        return Student(found["name"], "moodle", found["id"])
    if found := CANVAS.fullmatch(name):
        return Student(found["name"], "canvas", found["id"], bool(found["late"]))
    return Student(name.removesuffix(".zip").removesuffix(".git"))


def submissions(folder: Path, without: Path | None = None) -> list[Submission]:
    """All submissions in `folder` by name: every entry is one, but for hidden ones and `without` (where results go)."""
    entries = sorted(folder.iterdir(), key=lambda path: (path.name.casefold(), path.name))
    kept = [path for path in entries if not path.name.startswith(".") and path.resolve() != without]
    return [Submission(path, kind(path)) for path in kept]


def kind(path: Path) -> Kind:
    """What lies there; a symbolic link is never followed."""
    try:
        if path.is_symlink():
            return Kind.OTHER
        if path.is_dir():
            return Kind.GIT if Repository.at(path) else Kind.FOLDER
    except OSError:  # a folder that we may not look into
        return Kind.FOLDER
    return Kind.ZIP if path.is_file() and path.suffix.lower() == ".zip" else Kind.OTHER


def digest(submission: Submission) -> str:
    """What changes when the submission does: of a repository the commit, of all else the content of its files."""
    repository = Repository.at(submission.path) if submission.kind is Kind.GIT else None
    if repository:
        return f"commit {repository.head() or 'none'}"
    total, left = hashlib.sha256(submission.kind.encode()), MOST_READ
    files = regular_files(submission.path) if submission.kind is Kind.FOLDER else iter([("", submission.path)])
    for name, path in islice(files, MOST_NAMES):
        total.update(f"{name}\0".encode(errors="surrogateescape"))
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            left -= status.st_size
            if left < 0:  # too large to be graded, too: when it was changed says enough
                total.update(f"{status.st_size} {status.st_mtime_ns}".encode())
                continue
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def regular_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files below `folder` by their paths inside it, sorted; no links, and nothing that tools leave behind."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in SKIPPED and not _environment(Path(place, f)))
        for name in sorted(files):
            path = Path(place, name)
            if name not in SKIPPED and path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path


def _environment(folder: Path) -> bool:
    return folder.is_symlink() or (folder / "pyvenv.cfg").exists()
