"""Runs a submission in the sandbox, within its limits of time and memory."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from companion.running.channel import Channel
from companion.sandbox.job import Job, Limits, Sandbox
from companion.sandbox.memory import memory_of

HOME = Path(__file__).parents[1]
TUTORIAL, SUBMISSION = "/opt/tutorial", "/submission"  # paths inside the sandbox
COMPANION = f"{TUTORIAL}/companion"
BEAT = 0.1  # seconds between two measurements of memory
LAST_WORDS = 4000  # bytes of a submission's output that are kept

interrupted = threading.Event()  # set if the whole run is interrupted: running submissions then end


class Exceeded(Exception):
    """Raised if a submission has used up its time or memory; the message is for the student."""

    def __init__(self, message: str, memory: bool = False) -> None:
        super().__init__(message)
        self.memory = memory


@dataclass(frozen=True, slots=True)
class Watched:
    """A running submission: it must end before `deadline` (time.monotonic()); what it prints goes to `log`."""

    channel: Channel
    log: IO[bytes]
    limits: Limits
    deadline: float

    def events(self, channel: Channel) -> Iterator[dict[str, Any]]:
        """Yields the events of a channel until it closes. Raises Exceeded and BadMessage."""
        while channel.open:
            yield from channel.take(BEAT)
            if interrupted.is_set():
                raise KeyboardInterrupt
            if time.monotonic() > self.deadline:
                raise Exceeded(f"The project did not answer within {self.limits.seconds:.0f} seconds.")
            if memory_of(self.channel.process.pid) > self.limits.memory:
                megabytes = self.limits.memory >> 20
                raise Exceeded(f"The project took more than {megabytes} MB of memory.", memory=True)

    def last_words(self) -> str:
        """Returns the end of what the submission printed."""
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - LAST_WORDS))
        return self.log.read(LAST_WORDS).decode(errors="replace")


@contextmanager
def watched(
    script: str,
    order: Mapping[str, Any],
    mounts: Mapping[str, Path],
    place: tuple[Sandbox, Limits, Path],
    most: int,
    descriptors: Sequence[int] = (),
) -> Iterator[Watched]:
    """Runs a script of the companion in a sandbox, with the project at SUBMISSION, one of its `mounts`.

    `place` is the sandbox, the limits, and an empty folder outside. `most` is how many bytes the script can send, and
    `descriptors` are file descriptors that it inherits.
    """
    sandbox, limits, folder = place
    scratch = folder / "scratch"
    scratch.mkdir()
    read, write = os.pipe()
    with (folder / "log").open("w+b") as log:
        told = {"project": SUBMISSION, "channel": write, **order}
        visible = {COMPANION: HOME, **mounts}
        job = Job(script, told, visible, scratch, (*descriptors, write), log)
        try:
            channel = Channel(sandbox.launch(job, limits), read, most)
        finally:
            os.close(write)
        with closing(channel):
            yield Watched(channel, log, limits, time.monotonic() + limits.seconds)
