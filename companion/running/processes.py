"""Starts processes for projects, some in advance, because importing Django and pytest takes seconds."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from companion.running.environment import environment

CHILD = Path(__file__).with_name("child") / "check.py"


class Started:
    """A process that reads its job from stdin. What it and the project print goes to the file `output`."""

    def __init__(self) -> None:
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(CHILD)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.output,
        )

    def end(self) -> None:
        """Kills the process if it is still running."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.output.close()


_waiting: list[Started] = []
_wanted = 0


def take() -> Started:
    """Returns a waiting process, or else starts one."""
    while _waiting:
        started = _waiting.pop(0)
        if started.process.poll() is None:
            return started
        started.end()
    return Started()


def refill() -> None:
    """Starts processes until as many wait as `prepared` was called with; outside of that context, none."""
    while len(_waiting) < _wanted:
        _waiting.append(Started())


@contextmanager
def prepared(count: int) -> Iterator[None]:
    """Keeps `count` processes waiting until the context ends, and then kills those that are left."""
    global _wanted
    _wanted = count
    refill()
    try:
        yield
    finally:
        _wanted = 0
        while _waiting:
            _waiting.pop().end()
