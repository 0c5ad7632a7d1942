"""Creates the project that a learner begins with: the stage before the one to write."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from click import ClickException

from companion.chain.chapters import source
from companion.chain.command_line import line
from companion.chain.stages import ROOT, Stage, copy, previous
from companion.learner.output import page, title
from companion.project.locate import ours
from companion.running.environment import environment

IGNORED = ["__pycache__/", ".venv/", ".env", "db.sqlite3"]
IDENTITY = ["-c", "user.name=Learner", "-c", "user.email=learner@example.com"]  # used if git has no identity


def start(stage: Stage, folder: Path, assistant: bool = False) -> bool:
    """Creates the project in which `stage` is written; returns whether git has a first commit of it.

    It is a copy of the previous stage, or the output of `startproject` before the first. With `assistant`, it has an
    AGENTS.md, which tells a coding assistant how to help a learner. Raises ClickException if the folder is not empty or
    can't be written.
    """
    folder = folder.absolute()
    if ours(folder):
        raise ClickException(f"{folder} belongs to the companion. Name a new folder of your own.")
    try:
        if folder.exists() and not folder.is_dir():
            raise ClickException(f"{folder} is a file. Name a new folder.")
        if folder.is_dir() and any(folder.iterdir()):
            raise ClickException(f"{folder} has something in it, and nothing is written over. Name a new folder.")
    except OSError as error:
        raise ClickException(f"{folder} cannot be written: {error.strerror or error}") from error
    before = previous(stage)
    with tempfile.TemporaryDirectory() as made:
        new = Path(made, "new")
        new.mkdir()
        if before:
            copy(before, new)
        else:
            command = [sys.executable, "-m", "django", "startproject", "config", str(new)]
            done = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=new)
            if done.returncode:
                raise ClickException(f"startproject failed: {done.stderr.strip()}")
        (new / ".gitignore").write_text("\n".join(IGNORED) + "\n", encoding="utf-8")
        if assistant:
            words = Path(__file__).with_name("assistant.md").read_text(encoding="utf-8")
            values = {"title": title(stage), "page": page(stage), "source": source(stage), "root": ROOT}
            (new / "AGENTS.md").write_text(words.format(check=line("check", "."), **values), encoding="utf-8")
        try:
            shutil.copytree(new, folder, dirs_exist_ok=True)
        except OSError as error:
            raise ClickException(f"{folder} cannot be written: {error.strerror or error}") from error
    identity = [] if _git(folder, "config", "user.email") else IDENTITY
    message = f"Begin with {before or 'startproject'}"
    steps = [["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "--no-verify", "-m", message]]
    return all(_git(folder, *step) for step in steps)


def _git(folder: Path, *arguments: str) -> bool:
    """Runs git; returns whether it worked, which needs git to be installed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0
