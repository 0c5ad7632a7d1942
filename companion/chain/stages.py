"""Ground floor: which stages there are, in which order, and what each one holds.

A stage is a folder `steps/NN-name`; their numbers give the order. The folder `final` is the last link of the
same chain. Nothing else in the companion knows where a stage lies.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*")
FINAL = "final"
LEFT_BY_RUNNING = {"__pycache__", ".pytest_cache", ".hypothesis", ".venv", ".git", "db.sqlite3", ".env", ".coverage"}
LEFT_BY_RUNNING |= {"mutants", "keys"}


class UnknownStage(LookupError):
    """There is no stage of that name; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One link of the chain: `name` is its folder's name, `number` its place, counted from 1."""

    name: str
    number: int
    path: Path

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> str:
        """Its folder as a path below the root."""
        return self.name if self.name == FINAL else f"steps/{self.name}"


def stages(root: Path = ROOT) -> tuple[Stage, ...]:
    """All stages below `root`, in order: `steps/NN-name` by number, then `final` where there is one."""
    steps = root / "steps"
    folders = sorted(p for p in steps.iterdir() if p.is_dir() and STEP.fullmatch(p.name)) if steps.is_dir() else []
    if (root / FINAL).is_dir():
        folders.append(root / FINAL)
    return tuple(Stage(folder.name, number, folder) for number, folder in enumerate(folders, 1))


def find(name: str, root: Path = ROOT) -> Stage:
    """The stage called `name`. Raises UnknownStage, whose message lists the names there are."""
    chain = stages(root)
    for stage in chain:
        if stage.name == name:
            return stage
    raise UnknownStage(f"there is no stage {name!r}; there are: {', '.join(map(str, chain)) or 'none'}")


def wanted(text: str, root: Path = ROOT) -> Stage:
    """The stage that somebody means by its name, its number or a part of its name that no other has.

    Raises UnknownStage, whose message lists the names there are.
    """
    chain = stages(root)
    if text.isdecimal():
        found = [stage for stage in chain if stage.name.startswith(f"{int(text):02}-")]
    else:
        found = [stage for stage in chain if stage.name == text] or [s for s in chain if text and text in s.name]
    return found[0] if len(found) == 1 else find(text, root)


def previous(stage: Stage, root: Path = ROOT) -> Stage | None:
    """The stage before `stage`; None before the first."""
    return None if stage.number == 1 else stages(root)[stage.number - 2]


def files(stage: Stage | None) -> dict[str, Path]:
    """The files of a stage by their path inside it (with `/`), sorted; no stage has no files.

    In a git work tree these are the files that git tracks or would track; elsewhere (a downloaded zip, also one
    that was unpacked where another repository ignores it) all files. A database or a cache that a run has left
    behind never counts.
    """
    if stage is None:
        return {}
    listed = _listed_by_git(stage.path)
    if listed is None:
        listed = [p.relative_to(stage.path).as_posix() for p in stage.path.rglob("*")]
        listed = [name for name in listed if not _left_by_running(name)]
    return {name: stage.path / name for name in sorted(listed) if (stage.path / name).is_file()}


def copy(stage: Stage, folder: Path, only: str = "") -> Path:
    """Copy the files of a stage into `folder`, over what is there, and return it.

    `only` keeps to the paths that match it from their beginning (a regular expression).
    """
    for name, path in files(stage).items():
        if re.match(only, name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / name)
    return folder


def _left_by_running(name: str) -> bool:
    return name.endswith((".pyc", ".pyo")) or bool(LEFT_BY_RUNNING.intersection(name.split("/")))


def _listed_by_git(folder: Path) -> list[str] | None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    command += [f"--exclude={name}" for name in (*sorted(LEFT_BY_RUNNING), "*.py[co]")]
    try:
        answer = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in answer.stdout.decode().split("\0") if name] or None
