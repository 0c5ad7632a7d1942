"""Defines the form of an explanation, and helpers that the rules share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from companion.project.index import Known
from companion.project.results import Failure, Place


@dataclass(frozen=True, slots=True)
class Advice:
    """Explains one failure: a sentence that says what is wrong and where, the remedy, and the line to open.

    If `certain` is true, the cause is known, so no differences are tried to find it.
    """

    sentence: str
    remedy: str = ""
    place: Place | None = None
    certain: bool = False


Rule = Callable[[Failure, Known], Advice | None]


def at(place: Place | None, said: str, remedy: str = "") -> Advice:
    """Returns advice that begins with `place`; `said` starts with the comma, colon or space that joins them."""
    return Advice(f"{place}{said}" if place else f"Your project{said.removeprefix(',')}", remedy, place)


def first_line(text: str) -> str:
    """Returns the first line of a message that is not blank."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def with_full_stop(text: str) -> str:
    """Returns the text with a full stop at the end, unless it already ends like a sentence."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."
