"""`start` creates a project: what is in it, and which folders are refused."""

import os
import shlex
import subprocess
import sys

import pytest

from companion.chain import command_line
from companion.chain.stages import ROOT, files, find, stages
from companion.learner import start as module
from companion.learner.start import CannotStart, start
from companion.running.environment import environment


def manage(folder, *arguments):
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True).stdout


def git(folder, *arguments):
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def log(folder):
    return git(folder, "log", "--format=%s")


def test_a_project_is_the_stage_before(tmp_path):
    """To write 03, a learner gets 02, which runs at once, in git with one commit."""
    folder = tmp_path / "new" / "mine"

    assert start(find("03-user-manager"), folder) is True
    have = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    extra = {name for name in have if not name.startswith(".git/")} - set(files(find("02-user-model")))
    assert extra == {".gitignore"}
    assert all(have[name] == path.read_bytes() for name, path in files(find("02-user-model")).items())
    assert log(folder) == ["Begin with 02-user-model"]
    assert "no issues" in manage(folder, "check")
    manage(folder, "migrate", "-v0")
    assert git(folder, "status", "--short") == []


def test_the_first_stage_starts_from_startproject(tmp_path):
    """Without a stage, a learner gets the output of startproject, with its own secret key."""
    one, two = tmp_path / "one", tmp_path / "two"

    assert start(stages()[0], one) is True
    start(stages()[0], two)
    assert sorted(p.name for p in one.iterdir()) == [".git", ".gitignore", "config", "manage.py"]
    assert log(one) == ["Begin with startproject"]
    assert (one / "config/settings.py").read_bytes() != (two / "config/settings.py").read_bytes()
    assert "no issues" in manage(one, "check")


def test_an_assistant_gets_instructions(tmp_path, capsys):
    """With --assistant, an AGENTS.md names the chapter, the folders to leave alone and a command that runs there."""
    from companion.cli import main

    folder = tmp_path / "mine"
    assert main(["start", str(folder), "--stage", "2", "--assistant"]) == 0
    words = (folder / "AGENTS.md").read_text()
    assert "- They begin with 02-user-model: A user of our own.\n" in words
    assert f"before you answer: {ROOT}/docs/chapters/02-user-model.md\n" in words
    assert "On the site, it is http://127.0.0.1:8001/chapters/02-user-model/\n" in words
    assert f"`steps` and `final` in {ROOT}: " in words
    assert f"\n\n      {command_line.line('check', '.')}\n\n" in words
    assert "AGENTS.md" in git(folder, "ls-files")

    main(["start", str(tmp_path / "alone"), "--stage", "2"])
    assert not (tmp_path / "alone/AGENTS.md").exists()


def test_a_folder_that_has_something_in_it_is_left_alone(tmp_path):
    """Nothing is written into a folder that has a file, even a hidden one."""
    (tmp_path / ".hidden").write_text("mine")

    with pytest.raises(CannotStart, match="has something in it, and nothing is written over"):
        start(find("02-user-model"), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [".hidden"]


def test_an_empty_folder_is_taken(tmp_path):
    """An empty folder can be used."""
    start(find("02-user-model"), tmp_path)

    assert (tmp_path / "manage.py").exists()


def test_a_file_is_no_folder(tmp_path):
    """A file can't be used as the folder."""
    (tmp_path / "file").write_text("mine")

    with pytest.raises(CannotStart, match="is a file"):
        start(find("02-user-model"), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("inside", ["", "steps", "steps/02-user-model/mine", "final/x"])
def test_a_project_in_the_companion_is_rejected(inside):
    """Nothing is written into the companion's own folders."""
    with pytest.raises(CannotStart, match="belongs to the companion"):
        start(find("02-user-model"), ROOT / inside)
    assert not (ROOT / "final/x").exists()


def test_without_git_there_is_a_project_without_a_history(tmp_path, monkeypatch):
    """Without git, everything else is created."""
    monkeypatch.setenv("PATH", os.fspath(tmp_path / "nothing"))

    assert start(find("02-user-model"), tmp_path / "mine") is False
    assert (tmp_path / "mine/manage.py").exists()
    assert not (tmp_path / "mine/.git").exists()


def test_without_a_name_in_git_the_commit_is_made_all_the_same(tmp_path, monkeypatch):
    """Without a name in git's configuration, the commit has a default name; a configured name is used."""
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    start(find("02-user-model"), tmp_path / "one")
    (tmp_path / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.com\n")
    start(find("02-user-model"), tmp_path / "two")

    authors = [
        subprocess.run(
            ["git", "log", "--format=%an"], cwd=tmp_path / name, capture_output=True, text=True
        ).stdout.strip()
        for name in ("one", "two")
    ]
    assert authors == ["Learner", "Ada"]


def test_the_line_to_check_with_runs_from_any_folder(tmp_path, capsys, project):
    """`start` prints a command with this environment's Python, which works in any folder."""
    from companion.cli import main

    folder = tmp_path / "my first project"
    assert main(["start", str(folder), "--stage", "2"]) == 0
    printed = capsys.readouterr().out
    (command,) = [line.strip() for line in printed.splitlines() if " check " in line]
    assert shlex.split(command)[0] == sys.executable

    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Done. Next comes 02-user-model: A user of our own" in done.stdout


def test_the_line_for_powershell(monkeypatch):
    """On Windows, a path with a space is quoted and called with &."""
    monkeypatch.setattr(command_line.sys, "platform", "win32")
    monkeypatch.setattr(command_line.sys, "executable", r"C:\My Python\python.exe")
    assert command_line.line("check", ".").startswith('& "C:\\My Python\\python.exe" ')

    monkeypatch.setattr(command_line.sys, "executable", r"C:\Python\python.exe")
    assert command_line.line("check", "my folder").startswith("C:\\Python\\python.exe ")
    assert command_line.line("check", "my folder").endswith('check "my folder"')


def test_a_folder_that_cannot_be_written_is_reported(tmp_path, monkeypatch):
    """An error of the file system is reported in one sentence."""

    def refuse(*arguments, **options):
        raise OSError("disk full")

    monkeypatch.setattr(module.shutil, "copytree", refuse)
    with pytest.raises(CannotStart, match="cannot be written: disk full"):
        start(find("02-user-model"), tmp_path / "mine")
