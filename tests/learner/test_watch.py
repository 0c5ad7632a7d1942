"""Checks after a save, and keys: in a real terminal, and key by key."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import click
import pytest

from companion.chain.stages import ROOT, find
from companion.learner import output, watch
from companion.learner.watch import KEYS, Watching, relevant, saves
from companion.running import processes
from companion.running.run_suite import expected
from tests.project.projects import DJANGO, edit

PATIENCE = 120  # seconds to wait for a terminal's output
ONE = "01-dockerfile"


class Terminal:
    """A program in a terminal; waits for its output and presses keys."""

    def __init__(self, *arguments):
        self.ours, theirs = pty.openpty()
        command = [sys.executable, str(ROOT / "companion"), *map(str, arguments)]
        env, streams = (
            os.environ | {"TERM": "xterm", "NO_COLOR": "1"},
            dict.fromkeys(("stdin", "stdout", "stderr"), theirs),
        )
        self.process = subprocess.Popen(command, env=env, **streams, start_new_session=True, preexec_fn=self.begin)
        os.close(theirs)
        self.unread = ""

    @staticmethod
    def begin():
        """Gives the terminal to the program, so that it gets Ctrl+C, which is ignored below `nohup`."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def expect(self, text):
        """Waits until `text` is written, and returns the output up to its end."""
        while text not in self.unread:
            assert select.select([self.ours], [], [], PATIENCE)[0], f"{text!r} did not come, but: {self.unread}"
            try:
                self.unread += os.read(self.ours, 65536).decode().replace("\r\n", "\n")
            except OSError:
                raise AssertionError(f"it ended without {text!r}, but with: {self.unread}")
        before, self.unread = self.unread.split(text, 1)
        return before + text

    def press(self, key):
        os.write(self.ours, key.encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)


@pytest.fixture
def terminal():
    running = []

    def terminal(*arguments):
        running.append(Terminal(*arguments))
        return running[-1]

    yield terminal
    for each in running:
        each.close()


@pytest.mark.parametrize("options", [[], ["--poll"]], ids=["events", "polling"])
def test_a_save_is_checked_and_keys_are_answered(terminal, project, options):
    """A session: save, read the result, show a hint and the difference, fix it, go to the next stage, quit."""
    folder = project(ONE)
    shown = terminal("watch", *options, folder)
    assert "Done. Next comes 02-user-model" in shown.expect(KEYS)

    edit(folder / "requirements.txt", {DJANGO: ""})
    assert shown.expect("Checking ...\n").endswith("\nSaved: requirements.txt. Checking ...\n")
    assert "Missing: Every line of requirements.txt names one exact version." in shown.expect(KEYS)

    shown.press("n")
    shown.expect("01-dockerfile is not done yet: 1 thing is missing.")
    shown.press("h")
    shown.expect("Hint: Write `package==1.2.3`.")
    shown.press("d")
    shown.expect(f"-Django\n  +Django{DJANGO}")
    shown.press("t")
    shown.expect("Traceback (most recent call last):")

    edit(folder / "requirements.txt", {"Django": f"Django{DJANGO}"})
    assert "Done. Next comes 02-user-model" in shown.expect(KEYS)
    shown.press("n")
    assert "Your project has no app authentication yet" in shown.expect(KEYS)

    shown.press("q")
    assert shown.process.wait(PATIENCE) == 0


def test_the_terminal_is_left_as_it_was(terminal, project):
    """After quitting, or Ctrl+C, the terminal shows what is typed again."""
    for key in ("q", "\x03"):
        shown = terminal("watch", project(ONE))
        before = termios.tcgetattr(shown.ours)
        shown.expect(KEYS)
        assert termios.tcgetattr(shown.ours) != before
        shown.press(key)
        assert shown.process.wait(PATIENCE) == 0
        assert termios.tcgetattr(shown.ours) == before


def test_no_keyboard_is_needed(project):
    """Without a terminal it watches until the process is ended."""
    command = [sys.executable, "-u", str(ROOT / "companion"), "watch", str(project(ONE))]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "Stage 01-dockerfile: The project and its image\n"
        process.kill()


def test_tests_are_counted_in_a_terminal(terminal, project):
    """While the tests run, one line counts them. It is cleared before the result is printed."""
    shown = terminal("check", project(ONE))

    counted = shown.expect(f"\r{' ' * 60}\rStage 01-dockerfile: ")
    count = len(expected(find(ONE)))
    assert counted.startswith("\r01-dockerfile: 1 tests run\r01-dockerfile: 2 tests run")
    assert f"\r01-dockerfile: {count} tests run\r " in counted
    shown.expect("Done. Next comes 02-user-model")


def test_a_folder_that_is_not_there(run, tmp_path):
    """A folder that does not exist is an error."""
    status, _, err = run("watch", tmp_path / "nowhere")

    assert (status, err.splitlines()[-1]) == (2, f"Error: There is no folder {tmp_path}/nowhere to watch.")


@pytest.fixture
def watched(project):
    """Returns a watched project, and the list of what it prints."""

    def watched(stage, edits=None, by=None):
        said = []
        each = Watching(project(stage, edits), said.append, find(by) if by else None)
        each.check()
        said.clear()
        return each, said

    return watched


def test_a_key_shows_all_that_is_missing_quits_or_does_nothing(watched):
    """Unknown keys do nothing; q, Ctrl+D and the end of input quit; `a` prints each missing thing once."""
    each, said = watched(ONE, {"Dockerfile": {"USER app": "USER root"}})

    assert [each.key(key) for key in ("x", "\n", "é")] == [True, True, True]
    assert [each.key(key) for key in ("q", "\x04", "\x03", "")] == [False] * 4
    assert said == []
    each.key("a")
    assert click.unstyle(said[0]).count("Missing: ") == 1
    assert "\n  2 tests wait for this." in click.unstyle(said[0])


def test_next_after_the_last(watched, every_test_passes):
    """After the last stage there is no next one."""
    each, said = watched("final")

    each.key("n")
    assert said == ["This was the last stage: all is done."]


def test_a_save_ends_a_check_that_still_runs(watched, monkeypatch):
    """The next check starts at once. It includes the save, so one check is enough for both."""
    each, said = watched(ONE)
    before = each.found

    def find_standing(folder, stage, on_result, on_first):
        each.saved.set()
        on_result(stage, None)
        raise AssertionError("the check went on")

    monkeypatch.setattr(output, "find_standing", find_standing)
    each.check()
    assert (each.found, said, each.saved.is_set()) == (before, [], True)


def test_processes_wait_for_the_next_save(project, monkeypatch):
    """Two processes wait with their imports done; none is left afterwards."""
    started = []
    real = processes.Started

    def count():
        started.append(real())
        return started[-1]

    monkeypatch.setattr(processes, "Started", count)
    with processes.prepared(watch.WAITING):
        assert len(started) == 2
        each = Watching(project(ONE), lambda text: None)
        each.check()
        assert len(started) == 3
        assert len([one for one in started if one.process.poll() is None]) == 2
    assert [one.process.poll() is None for one in started] == [False] * 3


def test_a_key_before_the_first_check_waits(tmp_path):
    """Before the first result there is nothing to show."""
    assert Watching(tmp_path, print).key("h") is True


@pytest.mark.parametrize(
    "name",
    ["db.sqlite3", "db.sqlite3-journal", "authentication/__pycache__/models.cpython-311.pyc", ".git/index",
     ".venv/lib/x.py", "debug.log", "AGENTS.md"],
)  # fmt: skip
def test_what_counts_as_a_save(name):
    """Source files do; caches, databases, logs and git's own files don't."""
    assert not relevant(Path(name))
    assert all(map(relevant, map(Path, ("authentication/models.py", "Dockerfile", "requirements.txt"))))


@pytest.fixture
def next_save(tmp_path):
    """Watches a folder; `next_save()` waits for the next save in it and returns the names of its files."""

    def watching(polling):
        saved = SimpleQueue()
        contexts.enter_context(saves(tmp_path, saved.put, polling))
        return lambda: saved.get(timeout=PATIENCE)

    with ExitStack() as contexts:
        yield watching


@pytest.mark.parametrize("polling", [False, True], ids=["events", "polling"])
def test_every_save_counts_and_nothing_else(next_save, tmp_path, polling):
    """No save is missed, even if three have the same modification time in seconds.

    A check reads files and writes caches. If these counted as saves, checks would never end.
    """
    file = tmp_path / "models.py"
    file.write_text("none")
    os.utime(file, ns=(0, 1_000_000_000))
    (tmp_path / "__pycache__").mkdir()
    saved = next_save(polling)

    for nanoseconds in (1_300_000_000, 1_600_000_000):
        if polling:
            os.utime(file, ns=(0, nanoseconds))
        else:
            file.write_text(str(nanoseconds))
        assert saved() == {"models.py"}
    file.read_text()
    (tmp_path / "__pycache__" / "models.pyc").write_text("compiled")
    (tmp_path / "db.sqlite3").write_text("rows")
    (tmp_path / "views.py").write_text("one")
    assert saved() == {"views.py"}


def test_without_events_the_files_are_looked_at(monkeypatch, next_save, tmp_path):
    """If the system reports no changes, the files are polled."""

    def none_left(self):
        raise OSError("no inotify watches left")

    monkeypatch.setattr(watch.Observer, "start", none_left)
    saved = next_save(False)

    (tmp_path / "models.py").write_text("one")
    assert saved() == {"models.py"}


def test_an_editor_that_renames(next_save, tmp_path):
    """Many editors write a new file and rename it."""
    (tmp_path / "models.py").write_text("one")
    saved = next_save(False)

    (tmp_path / "models.py~").write_text("two")
    (tmp_path / "models.py~").replace(tmp_path / "models.py")
    assert "models.py" in saved()
