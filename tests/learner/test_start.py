"""`start` creates a project: what is in it, and which folders are refused."""

import os
import shlex
import subprocess
import sys

import pytest
from click import ClickException

from companion.chain import command_line
from companion.chain.stages import ROOT, files, find, stages
from companion.learner import start as module
from companion.learner.start import start
from companion.running.environment import environment

TWO = find("02-user-model")


def output(folder, *command, env=None):
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout


def manage(folder, *arguments):
    return output(folder, sys.executable, "manage.py", *arguments, env=environment())


def test_a_project_is_the_stage_before(tmp_path):
    """To write 03, a learner gets 02, which runs at once, in git with one commit."""
    folder = tmp_path / "new" / "mine"

    assert start(find("03-user-manager"), folder) is True
    have = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert {name for name in have if not name.startswith(".git/")} - set(files(TWO)) == {".gitignore"}
    assert all(have[name] == path.read_bytes() for name, path in files(TWO).items())
    assert output(folder, "git", "log", "--format=%s") == "Begin with 02-user-model\n"
    assert "no issues" in manage(folder, "check")
    manage(folder, "migrate", "-v0")
    assert output(folder, "git", "status", "--short") == ""


def test_the_first_stage_starts_from_startproject(tmp_path):
    """Without a stage, a learner gets the output of startproject, with its own secret key."""
    one, two = tmp_path / "one", tmp_path / "two"

    assert start(stages()[0], one) is True
    start(stages()[0], two)
    assert sorted(p.name for p in one.iterdir()) == [".git", ".gitignore", "config", "manage.py"]
    assert output(one, "git", "log", "--format=%s") == "Begin with startproject\n"
    assert (one / "config/settings.py").read_bytes() != (two / "config/settings.py").read_bytes()
    assert "no issues" in manage(one, "check")


def test_an_assistant_gets_instructions(tmp_path, run):
    """With --assistant, an AGENTS.md names the chapter, the folders to leave alone and a command that runs there."""
    folder = tmp_path / "mine"
    assert run("start", folder, "--stage", "2", "--assistant")[0] == 0
    words = (folder / "AGENTS.md").read_text()
    assert "- They begin with 02-user-model: A user of our own.\n" in words
    assert f"before you answer: {ROOT}/docs/chapters/02-user-model.md\n" in words
    assert "On the site, it is http://127.0.0.1:8001/chapters/02-user-model/\n" in words
    assert f"`steps` and `final` in {ROOT}: " in words
    assert f"\n\n      {command_line.line('check', '.')}\n\n" in words
    assert "AGENTS.md" in output(folder, "git", "ls-files").splitlines()

    run("start", tmp_path / "alone", "--stage", "2")
    assert not (tmp_path / "alone/AGENTS.md").exists()


def test_only_a_new_or_empty_folder_is_taken(tmp_path):
    """Nothing is written over a file, or into a folder that has a file, even a hidden one."""
    (tmp_path / "empty").mkdir()
    start(TWO, tmp_path / "empty")
    assert (tmp_path / "empty/manage.py").exists()

    (tmp_path / "full").mkdir()
    (tmp_path / "full/.hidden").write_text("mine")
    with pytest.raises(ClickException, match="has something in it, and nothing is written over"):
        start(TWO, tmp_path / "full")
    with pytest.raises(ClickException, match="is a file"):
        start(TWO, tmp_path / "full/.hidden")
    assert {path.name: path.read_text() for path in (tmp_path / "full").iterdir()} == {".hidden": "mine"}


@pytest.mark.parametrize("inside", ["", "steps", "steps/02-user-model/mine", "final/x"])
def test_a_project_in_the_companion_is_rejected(inside):
    """Nothing is written into the companion's own folders."""
    with pytest.raises(ClickException, match="belongs to the companion"):
        start(TWO, ROOT / inside)
    assert not (ROOT / "final/x").exists()


def test_a_folder_that_cannot_be_written_is_reported(tmp_path, monkeypatch):
    """An error of the file system is reported in one sentence."""

    def refuse(*arguments, **options):
        raise OSError("disk full")

    monkeypatch.setattr(module.shutil, "copytree", refuse)
    with pytest.raises(ClickException, match="cannot be written: disk full"):
        start(TWO, tmp_path / "mine")
    with pytest.raises(ClickException, match="cannot be written: File name too long"):
        start(TWO, tmp_path / ("a" * 300))


def test_without_git_there_is_a_project_without_a_history(tmp_path, monkeypatch):
    """Without git, everything else is created."""
    monkeypatch.setenv("PATH", os.fspath(tmp_path / "nothing"))

    assert start(TWO, tmp_path / "mine") is False
    assert (tmp_path / "mine/manage.py").exists()
    assert not (tmp_path / "mine/.git").exists()


def test_without_a_name_in_git_the_commit_is_made_all_the_same(tmp_path, monkeypatch):
    """Without a name in git's configuration, the commit has a default name; a configured name is used."""
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    start(TWO, tmp_path / "one")
    (tmp_path / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.com\n")
    start(TWO, tmp_path / "two")

    authors = [output(tmp_path / name, "git", "log", "--format=%an") for name in ("one", "two")]
    assert authors == ["Learner\n", "Ada\n"]


def test_the_line_to_check_with_runs_from_any_folder(tmp_path, run):
    """`start` prints a command with this environment's Python, which works in any folder."""
    status, printed, _ = run("start", tmp_path / "my first project", "--stage", "2")
    (command,) = [line.strip() for line in printed.splitlines() if " check " in line]
    assert (status, shlex.split(command)[0]) == (0, sys.executable)

    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Done. Next comes 02-user-model: A user of our own" in done.stdout


def test_the_line_for_powershell(monkeypatch):
    """On Windows, a path with a space is quoted and called with &."""
    monkeypatch.setattr(command_line.sys, "platform", "win32")
    monkeypatch.setattr(command_line.sys, "executable", r"C:\My Python\python.exe")
    assert command_line.line("check", ".").startswith('& "C:\\My Python\\python.exe" ')

    monkeypatch.setattr(command_line.sys, "executable", r"C:\Python\python.exe")
    assert command_line.line("check", "my folder").startswith("C:\\Python\\python.exe ")
    assert command_line.line("check", "my folder").endswith('check "my folder"')
