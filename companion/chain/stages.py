"""Lists the stages, their order and their files.

A stage is a folder `steps/NN-name`, and the numbers give the order. The folder `final` is the last stage. No other
module of the companion knows where the stages are.
"""

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
    """Raised if no stage has that name; the message lists the stages."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `name` is the name of its folder, `number` its position, counted from 1."""

    name: str
    number: int
    path: Path

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> str:
        """Returns the stage's folder, relative to the root."""
        return self.name if self.name == FINAL else f"steps/{self.name}"


def stages(root: Path = ROOT) -> tuple[Stage, ...]:
    """Returns all stages in `root`, in order: `steps/NN-name` by number, then `final` if it exists."""
    steps = root / "steps"
    folders = sorted(p for p in steps.iterdir() if p.is_dir() and STEP.fullmatch(p.name)) if steps.is_dir() else []
    if (root / FINAL).is_dir():
        folders.append(root / FINAL)
    return tuple(Stage(folder.name, number, folder) for number, folder in enumerate(folders, 1))


def find(name: str, root: Path = ROOT) -> Stage:
    """Returns the stage called `name`. Raises UnknownStage, whose message lists the names."""
    chain = {stage.name: stage for stage in stages(root)}
    if name not in chain:
        raise UnknownStage(f"there is no stage {name!r}; there are: {', '.join(chain) or 'none'}")
    return chain[name]


def wanted(text: str, root: Path = ROOT) -> Stage:
    """Returns the stage with this name or number, or with this part of a name that no other stage has.

    Raises UnknownStage, whose message lists the names.
    """
    chain = stages(root)
    if text.isdecimal():
        found = [stage for stage in chain if stage.name.startswith(f"{int(text):02}-")]
    else:
        found = [stage for stage in chain if stage.name == text] or [s for s in chain if text and text in s.name]
    return found[0] if len(found) == 1 else find(text, root)


def previous(stage: Stage, root: Path = ROOT) -> Stage | None:
    """Returns the stage before `stage`, or None for the first."""
    return None if stage.number == 1 else stages(root)[stage.number - 2]


def files(stage: Stage | None) -> dict[str, Path]:
    """Returns the files of a stage by their path inside it (with `/`), sorted, or {} for None.

    In a git work tree these are the files that git tracks or would track. Elsewhere, as in a downloaded zip, these are
    all files. Databases and caches that a run leaves behind are never included.
    """
    if stage is None:
        return {}
    listed = _listed_by_git(stage.path)
    if listed is None:
        paths = [p.relative_to(stage.path) for p in stage.path.rglob("*") if p.suffix not in (".pyc", ".pyo")]
        listed = [path.as_posix() for path in paths if LEFT_BY_RUNNING.isdisjoint(path.parts)]
    return {name: stage.path / name for name in sorted(listed) if (stage.path / name).is_file()}


def copy(stage: Stage, folder: Path, only: str = "") -> Path:
    """Copies the files of a stage into `folder`, overwrites existing files, and returns `folder`.

    `only` is a regular expression: only paths whose beginning matches it are copied.
    """
    for name, path in files(stage).items():
        if re.match(only, name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / name)
    return folder


def _listed_by_git(folder: Path) -> list[str] | None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    command += [f"--exclude={name}" for name in (*sorted(LEFT_BY_RUNNING), "*.py[co]")]
    try:
        answer = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in answer.stdout.decode().split("\0") if name] or None
