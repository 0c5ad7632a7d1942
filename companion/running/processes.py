"""Starts processes for projects, some in advance, because importing Django and pytest takes seconds."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from companion.running.environment import environment

CHILD = Path(__file__).with_name("child") / "check.py"
TOTAL = 300.0  # seconds for the job of a process


class Started:
    """A process that reads its job from stdin. What it and the project print goes to the file `output`."""

    def __init__(self) -> None:
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(CHILD)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.output,
        )
        self.too_long = threading.Timer(TOTAL, self.process.kill)

    def events(self, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Sends the job to the process, and yields the events that it sends, until it has ended."""
        assert self.process.stdin and self.process.stdout
        self.too_long.start()
        with suppress(OSError), self.process.stdin as stdin:  # if the process has ended, its exit status says why
            stdin.write(json.dumps(job).encode() + b"\n")
        for line in self.process.stdout:
            yield json.loads(line)
        self.process.wait()

    def text(self) -> str:
        """Returns what the process has printed."""
        self.output.seek(0)
        return self.output.read().decode(errors="replace")

    def close(self) -> None:
        """Kills the process if it is still running."""
        self.too_long.cancel()
        with self.output, self.process:
            self.process.kill()


_waiting: list[Started] = []
_wanted = 0


def take() -> Started:
    """Returns a waiting process, or else starts one."""
    while _waiting:
        started = _waiting.pop(0)
        if started.process.poll() is None:
            return started
        started.close()
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
            _waiting.pop().close()
