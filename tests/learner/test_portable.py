"""The learner's commands run on Windows too: they don't use POSIX functions, except in the listed places."""

import ast
import sys
from queue import SimpleQueue
from types import SimpleNamespace

import pytest

from companion.chain.stages import ROOT
from companion.learner import watch

POSIX_MODULES = {"fcntl", "termios", "tty", "pty", "resource", "grp", "pwd", "posix", "syslog", "crypt"}
POSIX_CALLS = {
    "fork", "forkpty", "setsid", "setpgid", "killpg", "getuid", "geteuid", "setuid", "setgid", "wait4", "waitpid", "mkfifo",
    "chown", "chroot", "nice", "getpgid", "openpty", "pipe2", "sched_getaffinity", "alarm", "setitimer", "SIGKILL", "SIGALRM",
}  # fmt: skip
POSIX_WORDS = {"preexec_fn", "start_new_session", "pass_fds"}  # arguments of Popen that don't work on Windows
ALLOWED = {"watch.py": {"keyboard"}}  # functions that run only on POSIX systems
ROOMS = ("chain", "project", "running", "explaining", "learner")  # learners' commands import no other rooms
POSIX = {"serve.py"}  # only started by the grader, which needs Linux anyway
LEARNERS = sorted(
    path for room in ROOMS for path in (ROOT / "companion" / room).rglob("*.py") if path.name not in POSIX
)


def posix(tree, allowed):
    """Returns where a module uses POSIX functions, except in the allowed functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name in allowed:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in POSIX_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in POSIX_MODULES:
            yield node.module
        elif isinstance(node, ast.Attribute) and node.attr in POSIX_CALLS:
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg in POSIX_WORDS:
            yield node.arg
        yield from posix(node, allowed)


def test_each_room_of_learners_has_modules_to_look_at():
    """Without files, the test below would check nothing."""
    assert {path.relative_to(ROOT / "companion").parts[0] for path in LEARNERS} == set(ROOMS)


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.name)
def test_nothing_needs_posix(path):
    """No module that learners run calls a function that Windows lacks."""
    tree = ast.parse(path.read_text())

    assert list(posix(tree, ALLOWED.get(path.name, set()))) == []


def test_posix_functions_are_found():
    """The functions that are allowed in watch.py are found if they are not allowed."""
    tree = ast.parse((ROOT / "companion/learner/watch.py").read_text())

    assert {"termios", "tty"} <= set(posix(tree, set()))
    bad = "import os, signal\nos.killpg(1, signal.SIGKILL)\nPopen(x, preexec_fn=f)\nfrom resource import y\n"
    assert list(posix(ast.parse(bad), set())) == ["killpg", "SIGKILL", "preexec_fn", "resource"]


def test_text_is_always_utf_8():
    """By default, Windows reads text in its own code page."""
    for path in LEARNERS:
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if called in ("read_text", "write_text"):
                assert any(k.arg == "encoding" for k in node.keywords), f"{path.name}, line {node.lineno}"


@pytest.mark.parametrize("terminal", [True, False])
def test_keys_on_windows_come_from_msvcrt(monkeypatch, terminal):
    """On Windows, the function of the console reads a key. Without a terminal there are no keys."""
    console, keys = SimpleNamespace(getwch=iter("hq").__next__), SimpleQueue()
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setattr(watch.sys, "platform", "win32")
    monkeypatch.setattr(watch.sys, "stdin", SimpleNamespace(isatty=lambda: terminal))

    with watch.keyboard(keys):
        if terminal:
            assert [keys.get(timeout=60), keys.get(timeout=60)] == ["h", "q"]
        assert keys.empty()
