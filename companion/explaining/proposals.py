"""Orders the differences between a project and a stage by how likely each is to have caused a failure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from companion.project.differences import step_of
from companion.project.edits import Hunk
from companion.project.index import Known
from companion.project.results import Failure

RARELY = ("manage.py", "requirements.txt", "Dockerfile", ".dockerignore")  # seldom the cause of a failure
FREE = ("LANGUAGE_CODE", "TIME_ZONE", "DATABASES", "BASE_DIR", "ALLOWED_HOSTS", "DEBUG")  # learners choose them


@dataclass(frozen=True, slots=True)
class Topic:
    """Describes what a failing test is about: a stage's file, a symbol in it ("" for none), and its chapter step."""

    file: str
    symbol: str
    step: int


def order(
    failure: Failure, topic: Topic | None, known: Known, found: list[Hunk], steps: Mapping[tuple[str, str], int]
) -> list[Hunk]:
    """Returns the differences that may have caused the failure, most likely first.

    A file, class or function that a later step of the chapter adds comes last, in the order of the steps.
    """
    later = [step_of(hunk, steps) for hunk in found if untyped(hunk)]
    reach = topic.step if topic else min(later, default=-1)
    said = _words(f"{failure.message} {failure.name} {failure.wanted} {failure.came}")

    def rank(hunk: Hunk) -> tuple[int, float]:
        step = step_of(hunk, steps)
        waits = untyped(hunk) and step > reach and not _words(hunk.lost.rpartition(".")[2] or _stem(hunk)) & said
        return (step + 1 if waits else -1, -score(hunk, failure, topic, known, said))

    return sorted(found, key=rank)


def untyped(hunk: Hunk) -> bool:
    """Returns whether the difference is something that the learner has not typed at all."""
    return hunk.kind == "no file" or bool(hunk.lost) or hunk.before or hunk.imports and hunk.kind == "missing"


def _stem(hunk: Hunk) -> str:
    return hunk.name.rpartition("/")[2].removesuffix(".py").lower()


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w{3,}", text)}


def score(hunk: Hunk, failure: Failure, topic: Topic | None, known: Known, said: set[str]) -> float:
    """Returns how likely a difference is to have caused the failure; higher is more likely."""
    total = 0.0
    for back, place in enumerate(reversed(failure.places)):
        near = 3 if place.file == hunk.file else 0
        if near and (hunk.lost or hunk.symbol) in [each.name for each in known.around(place) if each.kind != "name"]:
            near = 7
        if near and hunk.place.line - 1 <= place.line <= max(hunk.last, hunk.place.line) + 1 and hunk.place.line:
            near = 11
        total = max(total, near - 1.5 * back if near else 0)
    if topic and known.project_path(topic.file) == hunk.file or topic and topic.file == hunk.name:
        about = (hunk.lost or hunk.symbol).split(".")
        mine = topic.symbol.split(".")
        inside = bool(topic.symbol) and (about[: len(mine)] == mine or mine[: len(about)] == about)
        total += 6 if about == mine else 5 if inside else 2
    words = _words(f"{hunk.mine} {hunk.theirs} {hunk.symbol.rpartition('.')[2]}")
    total += min(4, 2 * len(words & said))
    if hunk.kind in ("renamed", "no file"):
        total += 6 if _stem(hunk) in said else -6 if hunk.kind == "renamed" else 0
    alike = SequenceMatcher(None, hunk.mine.lower(), hunk.theirs.lower(), autojunk=False).ratio()
    total += 3 * (hunk.kind == "changed" and alike >= 0.7 and bool(re.search(r"\w", hunk.mine)))
    total += 2 * (hunk.kind == "depth")
    total -= 3 * (hunk.symbol in FREE) + 4 * (hunk.name in RARELY and not (topic and topic.file == hunk.name))
    total -= 5 * (hunk.kind == "no file" and not hunk.edits[0].lines)
    total -= 2 * (hunk.imports and hunk.kind == "extra" and failure.phase == "test")
    return total
