"""The lines of JSON that another process tells us through a pipe, read as they come."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
from typing import Any

MAILBOX = "/mail-to/"  # before an email: where the server in the sandbox hands out the next mail to it


class BadMessage(ValueError):
    """What came is no line of JSON, or far too much."""


class Channel:
    """Our end of the pipe `descriptor`, to which `process` writes; `most` is how many bytes we are ready to read."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int, most: int) -> None:
        self.process, self.descriptor, self.left = process, descriptor, most
        self.open, self._rest = True, b""

    def take(self, seconds: float) -> list[dict[str, Any]]:
        """The events that come within so many seconds, none after that. Raises BadMessage."""
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
        """End the process with all that it has started, and close the pipe."""
        end(self.process)
        os.close(self.descriptor)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group of its own, and the group with it.

    Once somebody has waited for it, its number may be another's: then nothing is sent to it.
    """
    if process.stdin:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
