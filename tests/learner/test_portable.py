"""The checker runs on Windows too: nothing of it needs POSIX outside the rooms that say so."""

import ast
import sys

import pytest

from companion.chain.stages import ROOT
from companion.learner import keyboard

POSIX_MODULES = {"fcntl", "termios", "tty", "pty", "resource", "grp", "pwd", "posix", "syslog", "crypt"}
POSIX_CALLS = {
    "fork", "forkpty", "setsid", "setpgid", "killpg", "getuid", "geteuid", "setuid", "setgid", "wait4", "waitpid", "mkfifo",
    "chown", "chroot", "nice", "getpgid", "openpty", "pipe2", "sched_getaffinity", "alarm", "setitimer", "SIGKILL", "SIGALRM",
}  # fmt: skip
POSIX_WORDS = {"preexec_fn", "start_new_session", "pass_fds"}  # arguments of Popen that Windows refuses or ignores
ALLOWED = {"keyboard.py": {"_posix"}}  # functions that only a POSIX system enters
ROOMS = ("chain", "project", "running", "explaining", "learner")  # what learners run loads nothing outside these
POSIX = {"channel.py", "serve.py"}  # only the grader starts these, and grading needs Linux anyway
LEARNERS = sorted(
    path for room in ROOMS for path in (ROOT / "companion" / room).rglob("*.py") if path.name not in POSIX
)


def posix(tree, allowed):
    """The uses of POSIX in a module, outside of these functions."""
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
    """A law over no files at all would pass."""
    assert {path.relative_to(ROOT / "companion").parts[0] for path in LEARNERS} == set(ROOMS)


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.name)
def test_nothing_needs_posix(path):
    """No module of the learner's half calls what Windows does not have."""
    tree = ast.parse(path.read_text())

    assert list(posix(tree, ALLOWED.get(path.name, set()))) == []


def test_the_law_sees_what_it_forbids():
    """A law that finds nothing proves nothing: what is allowed in keyboard.py is found when it is not allowed."""
    tree = ast.parse((ROOT / "companion/learner/keyboard.py").read_text())

    assert {"termios", "tty"} <= set(posix(tree, set()))
    bad = "import os, signal\nos.killpg(1, signal.SIGKILL)\nPopen(x, preexec_fn=f)\nfrom resource import y\n"
    assert list(posix(ast.parse(bad), set())) == ["killpg", "SIGKILL", "preexec_fn", "resource"]


def test_text_is_always_utf_8():
    """Windows reads text in its own code page unless it is told otherwise."""
    for path in LEARNERS:
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if called in ("read_text", "write_text"):
                assert any(k.arg == "encoding" for k in node.keywords), f"{path.name}, line {node.lineno}"


def test_keys_on_windows_come_from_msvcrt(monkeypatch):
    """On Windows the console's own function reads a key."""
    monkeypatch.setitem(sys.modules, "msvcrt", type("msvcrt", (), {"getwch": staticmethod(lambda: "h")}))
    monkeypatch.setattr(keyboard.sys, "platform", "win32")
    monkeypatch.setattr(keyboard.sys, "stdin", type("stdin", (), {"isatty": staticmethod(lambda: True)}))

    with keyboard.keyboard() as read:
        assert read() == "h"


def test_nobody_types_into_a_pipe(monkeypatch):
    """Where input comes from no terminal, there are no keys."""
    monkeypatch.setattr(keyboard.sys, "stdin", type("stdin", (), {"isatty": staticmethod(lambda: False)}))

    with keyboard.keyboard() as read:
        assert read is None
