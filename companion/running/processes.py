"""Starts the processes that projects run in, also before there is a job: importing Django and pytest takes a while."""

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
    """One process, which reads its job from stdin. What it and the project print goes to the file `output`."""

    def __init__(self) -> None:
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(CHILD)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.output,
        )

    def end(self) -> None:
        """End the process, if it has not ended by itself."""
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
    """Return a process that waits, or else a new one."""
    while _waiting:
        started = _waiting.pop(0)
        if started.process.poll() is None:
            return started
        started.end()
    return Started()


def refill() -> None:
    """Have as many processes wait again as the context `prepared` wants; outside of it, none."""
    while len(_waiting) < _wanted:
        _waiting.append(Started())


@contextmanager
def prepared(count: int) -> Iterator[None]:
    """Have so many processes wait; those that are left when the context ends are ended."""
    global _wanted
    _wanted = count
    refill()
    try:
        yield
    finally:
        _wanted = 0
        while _waiting:
            _waiting.pop().end()
