"""Reads lines of JSON that another process writes to a pipe, as they arrive."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
from typing import Any

MAILBOX = "/mail-to/"  # the sandboxed server returns the next email to an address at this path + the address


class BadMessage(ValueError):
    """Raised for bytes that are not lines of JSON, or for too many bytes."""


class Channel:
    """The read end of a pipe, `descriptor`, to which `process` writes; at most `most` bytes are read."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int, most: int) -> None:
        self.process, self.descriptor, self.left = process, descriptor, most
        self.open, self._rest = True, b""

    def take(self, seconds: float) -> list[dict[str, Any]]:
        """Returns the events that arrive within `seconds`, or []. Raises BadMessage."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.descriptor, selectors.EVENT_READ)
            if not selector.select(seconds):
                return []
        data = os.read(self.descriptor, 65536)
        self.open = bool(data)
        self.left -= len(data)
        if self.left < 0:
            raise BadMessage("more than anybody wants to know")
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            events = [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            raise BadMessage("no JSON") from None
        if not all(isinstance(event, dict) and isinstance(event.get("event"), str) for event in events):
            raise BadMessage("no event")
        return events

    def close(self) -> None:
        """Kills the process and all that it has started, and closes the pipe."""
        end(self.process)
        os.close(self.descriptor)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kills a process and its process group, which it leads.

    A process that has been waited for is not killed: another process may have its number by now.
    """
    if process.stdin:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
