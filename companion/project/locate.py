"""Finds a learner's project: the folder with manage.py, which is the named folder or one below it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from companion.chain.stages import ROOT
from companion.project.results import Failure, Place

DEEPEST = 3  # levels below the named folder at which manage.py is looked for
SKIPPED = {"node_modules", "site-packages", "__pycache__", "dist", "build"}
LEFT_BY_TOOLS = {".git", ".hg", ".venv", "venv", "node_modules", "site-packages", "__pycache__", ".pytest_cache"}
LEFT_BY_TOOLS |= {"__MACOSX", ".DS_Store", ".idea", ".vscode", "AGENTS.md"}


class NotAProject(Exception):
    """Raised if a folder does not contain exactly one project; `failure` says what was found instead."""

    def __init__(self, type_: str, message: str, name: str = "", place: Place | None = None) -> None:
        super().__init__(message)
        self.failure = Failure("find", type_, message, name, (place,) if place else ())


@dataclass(frozen=True, slots=True)
class Project:
    """A learner's project: `outer` is the folder that was named, `folder` is the one that has manage.py."""

    outer: Path
    folder: Path

    @property
    def prefix(self) -> str:
        """Returns the path from `outer` to `folder`, as a prefix for paths: "" or "backend/"."""
        inside = self.folder.relative_to(self.outer).as_posix()
        return "" if inside == "." else f"{inside}/"


def locate(named: Path, deepest: int = DEEPEST) -> Project:
    """Returns the project in the folder `named`, or at most `deepest` levels below it. Raises NotAProject."""
    try:
        if not named.exists():
            raise NotAProject("NoFolder", str(named))
        if named.is_file() and named.name != "manage.py":
            raise NotAProject("Packed" if named.suffix == ".zip" else "IsAFile", str(named), named.name)
        outer = (named.parent if named.is_file() else named).resolve()
        if ours(outer):
            raise NotAProject("OwnStage", str(outer), outer.name)
        found = sorted(_with_manage(outer, deepest), key=lambda folder: len(folder.parts))
        if not found:
            raise _none(outer)
    except PermissionError as error:
        raise NotAProject("Unreadable", str(error.filename or named)) from None
    except OSError:  # for example, the name is too long
        raise NotAProject("NoFolder", str(named)) from None
    if len(found) > 1 and len(found[0].parts) == len(found[1].parts):
        raise NotAProject("SeveralProjects", ", ".join(f.relative_to(outer).as_posix() for f in found))
    return Project(outer, found[0])


def ours(folder: Path) -> bool:
    """Returns whether a folder is the tutorial's own folder or is inside a stage."""
    folder = folder.resolve()
    return folder == ROOT or any(folder.is_relative_to(ROOT / name) for name in ("steps", "final"))


def readable(path: Path) -> str:
    """Returns the text of a file, decoded as UTF-8, or "" if it can't be read or is not a file."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else ""
    except OSError:
        return ""


def python_files(folder: Path) -> Iterator[Path]:
    """Yields the Python files of a project, without those of virtual environments and installed packages."""
    seen: set[str] = set()  # symbolic links may form a cycle
    for place, folders, files in os.walk(folder, followlinks=True):
        real = {name: os.path.realpath(os.path.join(place, name)) for name in folders}
        folders[:] = sorted(name for name in folders if real[name] not in seen and not _skipped(Path(place, name)))
        seen |= {real[name] for name in folders}
        paths = (Path(place, name) for name in sorted(files) if name.endswith(".py"))
        yield from (path for path in paths if os.path.isfile(path))


def _with_manage(folder: Path, deepest: int) -> Iterator[Path]:
    if (folder / "manage.py").is_file():
        yield folder
    elif deepest:
        try:
            below = sorted(path for path in folder.iterdir() if path.is_dir() and not _skipped(path))
        except OSError:
            return
        for path in below:
            yield from _with_manage(path, deepest - 1)


def _skipped(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name in SKIPPED or os.path.exists(folder / "pyvenv.cfg")


def _none(outer: Path) -> NotAProject:
    around = next((parent for parent in outer.parents if (parent / "manage.py").is_file()), None)
    if around:
        return NotAProject("InsideAProject", str(around), outer.name)
    entries = list(outer.iterdir())
    if all(path.suffix == ".zip" for path in entries):
        return NotAProject("Packed", str(entries[0])) if entries else NotAProject("EmptyFolder", str(outer))
    return NotAProject("NoManage", str(outer), place=Place("manage.py", 0))
