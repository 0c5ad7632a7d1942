"""Waits for what a run tells, within the limits of time and memory, and puts what stopped it into words."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from companion.grading.sandbox.job import Limits
from companion.grading.sandbox.memory import memory_of
from companion.grading.verdicts import Grade, Verdict, shortened
from companion.running.channel import Channel

BEAT = 0.1  # seconds between two looks at the memory
LAST_WORDS = 4000  # bytes of a submission's output that are kept


class Exceeded(Exception):
    """A submission has used up what it may; carries the verdict."""

    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.result = Grade(verdict, why)


@dataclass(frozen=True, slots=True)
class Watch:
    """Watches the process `stranger`, and all it starts, until `deadline` (of time.monotonic())."""

    stranger: int
    limits: Limits
    deadline: float

    @classmethod
    def over(cls, stranger: int, limits: Limits) -> Watch:
        """A watch that begins now."""
        return cls(stranger, limits, time.monotonic() + limits.seconds)

    def events(self, channel: Channel) -> Iterator[dict[str, Any]]:
        """What comes through the channel until it closes. Raises Exceeded, and BadMessage."""
        while channel.open:
            yield from channel.take(BEAT)
            if time.monotonic() > self.deadline:
                raise Exceeded(Verdict.TIMEOUT, f"The project did not answer within {self.limits.seconds:.0f} seconds.")
            if memory_of(self.stranger) > self.limits.memory:
                megabytes = self.limits.memory >> 20
                raise Exceeded(Verdict.MEMORY, f"The project took more than {megabytes} MB of memory.")


def last_words(log: IO[bytes]) -> str:
    """The end of what a submission printed."""
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - LAST_WORDS))
    return log.read(LAST_WORDS).decode(errors="replace")


def words(failure: Mapping[str, Any]) -> str:
    """A sentence about what kept a project from starting. Nonsense raises LookupError, TypeError or AttributeError."""
    places = failure["places"]
    where = f"{places[-1]['file']}, line {places[-1]['line']}: " if places else ""
    message = str(failure["message"]).strip().partition("\n")[0]
    return shortened(f"{where}{failure['type']}{': ' if message else ''}{message}", 500)
