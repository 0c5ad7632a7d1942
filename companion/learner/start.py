"""Creates the project that a learner begins with: the stage before the one to write."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from companion.chain.chapters import source
from companion.chain.command_line import line
from companion.chain.stages import ROOT, Stage, copy, previous
from companion.learner.output import page, title
from companion.project.locate import ours
from companion.running.environment import environment

IGNORED = ["__pycache__/", ".venv/", ".env", "db.sqlite3"]
IDENTITY = ["-c", "user.name=Learner", "-c", "user.email=learner@example.com"]  # used if git has no identity


class CannotStart(click.ClickException):
    """Raised if the project can't be created in the folder; the message says why, and what to do."""


def start(stage: Stage, folder: Path, assistant: bool = False) -> bool:
    """Creates the project in which `stage` is written; returns whether git has a first commit of it.

    It is a copy of the previous stage, or the output of `startproject` before the first. With `assistant`, it has an
    AGENTS.md. Raises CannotStart if the folder is not empty or can't be written.
    """
    folder = folder.absolute()
    _refuse(folder)
    before = previous(stage)
    with tempfile.TemporaryDirectory() as made:
        new = Path(made, "new")
        new.mkdir()
        if before is None:
            _startproject(new)
        else:
            copy(before, new)
        (new / ".gitignore").write_text("\n".join(IGNORED) + "\n", encoding="utf-8")
        if assistant:
            (new / "AGENTS.md").write_text(_for_assistant(stage), encoding="utf-8")
        try:
            shutil.copytree(new, folder, dirs_exist_ok=True)
        except OSError as error:
            raise CannotStart(f"{folder} cannot be written: {error.strerror or error}") from error
    return _history(folder, f"Begin with {before}" if before else "Begin with startproject")


def _refuse(folder: Path) -> None:
    if ours(folder):
        raise CannotStart(f"{folder} belongs to the companion. Name a new folder of your own.")
    if folder.exists() and not folder.is_dir():
        raise CannotStart(f"{folder} is a file. Name a new folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise CannotStart(f"{folder} has something in it, and nothing is written over. Name a new folder.")


def _startproject(folder: Path) -> None:
    """Runs `django-admin startproject config .`, which also generates a new SECRET_KEY."""
    command = [sys.executable, "-m", "django", "startproject", "config", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=folder)
    if done.returncode:
        raise CannotStart(f"startproject failed: {done.stderr.strip()}")


def _for_assistant(stage: Stage) -> str:
    """Returns the text of AGENTS.md, which tells a coding assistant how to help a learner."""
    words = Path(__file__).with_name("assistant.md").read_text(encoding="utf-8")
    values = {"title": title(stage), "page": page(stage), "source": source(stage), "root": ROOT}
    return words.format(check=line("check", "."), **values)


def _history(folder: Path, message: str) -> bool:
    """Creates a git repository with one commit; returns whether it worked, which needs git to be installed."""
    identity = [] if _git(folder, "config", "user.email") else IDENTITY
    steps = [["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "--no-verify", "-m", message]]
    return all(_git(folder, *step) for step in steps)


def _git(folder: Path, *arguments: str) -> bool:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0
