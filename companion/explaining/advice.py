"""The form of an explanation, and what its rules share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from companion.project.index import Known
from companion.project.results import Failure, Place


@dataclass(frozen=True, slots=True)
class Advice:
    """A failure in plain words: one sentence that says what is wrong and where, what to do, and the line to open.

    A `vague` one says what came of the mistake, and not what it is.
    """

    sentence: str
    remedy: str = ""
    place: Place | None = None
    vague: bool = False


Rule = Callable[[Failure, Known], Advice | None]


def at(place: Place | None, otherwise: str = "Your project") -> str:
    """A place as the beginning of a sentence."""
    return str(place) if place else otherwise


def subject(place: Place | None) -> str:
    """A place as the subject of a sentence whose verb follows."""
    return f"{place}," if place else "Your project"


def meant(name: str | None) -> str:
    """The question whether another name was meant."""
    return f" Did you mean {name}?" if name else ""


def first_line(text: str) -> str:
    """The first line of a message that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
