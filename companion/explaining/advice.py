"""The form of an explanation, and what its rules share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from companion.project.index import Known
from companion.project.results import Failure, Place


@dataclass(frozen=True, slots=True)
class Advice:
    """A failure in plain words: one sentence that says what is wrong and where, what to do, and the line to open.

    A `certain` one is not put to the test by trying differences first.
    """

    sentence: str
    remedy: str = ""
    place: Place | None = None
    certain: bool = False


Rule = Callable[[Failure, Known], Advice | None]


def at(place: Place | None, said: str, remedy: str = "") -> Advice:
    """Advice about a place, whose sentence begins with it; `said` goes on with a comma, a colon or a space."""
    return Advice(f"{place}{said}" if place else f"Your project{said.removeprefix(',')}", remedy, place)


def first_line(text: str) -> str:
    """The first line of a message that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def ended(text: str) -> str:
    """The text with a full stop, unless it ends a sentence already."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."
