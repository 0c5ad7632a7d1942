"""The slip of the hand behind a failure, in plain words: where the failure itself does not lead to it."""

from __future__ import annotations

import re
from dataclasses import replace

from companion.chain.symbols import lines_of
from companion.explaining.advice import Advice
from companion.project.index import Known
from companion.project.results import Failure, Place
from companion.project.typing_errors import Slip, slips

LONG = 60  # characters of a text that are shown


def cause(advice: Advice, failure: Failure, known: Known, likely: Place | None) -> Advice | None:
    """The slip that explains a failure better than `advice`: None where that names a line which is wrong itself.

    A vague advice gives way to a slip in the code that ran or that the test is about, or to a sure one anywhere; one
    that is not vague, only to a slip in a word that the failure itself names, and to a wrong indentation in its file.
    """
    differences = slips(known)
    found = [slip for slip in differences if slip.kind != "other"]
    place = advice.place
    if not found or not advice.vague and not _as_in_stage(place, known):
        return None
    near = _Nearness(failure, known, likely)
    if not advice.vague:
        found = [slip for slip in found if _fits(slip, advice, near)]
    best = min(found, key=near.order, default=None)
    if best is None or not (best.sure or len(differences) == 1 or near.reaches(best)):
        return None
    there = advice.place and (advice.place.file, advice.place.line) == (best.place.file, best.place.line)
    if there and not advice.vague and best.kind != "depth":
        return None
    told = _told(best)
    return replace(told, remedy=f"{_came(advice)} {told.remedy}") if advice.vague else told


def _came(advice: Advice) -> str:
    """What a vague advice says, without its place: it is what came of the mistake."""
    said = advice.sentence.removeprefix(f"{advice.place}: ")
    return f"What came of it: {said}"


def _fits(slip: Slip, advice: Advice, near: _Nearness) -> bool:
    if slip.kind == "depth":
        return bool(advice.place and advice.place.file == slip.place.file)
    return near.names(slip) and (slip.mistyped or slip.kind == "line")


def _as_in_stage(place: Place | None, known: Known) -> bool:
    """Whether the line that an advice names is one of the stage's, so that the mistake is elsewhere."""
    if place is None or not place.line or place.line > len(lines_of(known.texts.get(place.file, ""))):
        return False
    text = lines_of(known.texts[place.file])[place.line - 1].strip()
    return text in {each.strip() for each in lines_of(known.text_of_stage(place.file))}


class _Nearness:
    """How near a slip is to a failure."""

    def __init__(self, failure: Failure, known: Known, likely: Place | None) -> None:
        self.known, self.likely = known, likely
        self.places = failure.places
        said = f"{failure.message} {failure.wanted} {failure.came}"
        self.words = {word.lower() for word in re.findall(r"\w{3,}", said)}

    def names(self, slip: Slip) -> bool:
        """Whether the failure speaks of the word that differs, or of what a missing line would have defined."""
        theirs = re.match(r"\w+", slip.theirs) if slip.kind == "line" else None
        words = [theirs[0]] if theirs else re.findall(r"\w+", f"{slip.mine} {slip.theirs}")
        return any(word.lower() in self.words for word in words)

    def reaches(self, slip: Slip) -> bool:
        """Whether the slip stands in the code that ran, or in what the test is about."""
        return any(self.around(slip.place, place) for place in (*self.places, self.likely) if place)

    def around(self, inner: Place, place: Place) -> bool:
        """Whether `inner` stands in the function or class that stands at `place`."""
        if inner.file != place.file or not place.line:
            return inner.file == place.file
        spans = [
            (d.symbol.first, d.symbol.last)
            for d in self.known.definitions
            if d.file == place.file and d.symbol.first <= place.line <= d.symbol.last
        ]
        first, last = max(spans, default=(place.line, place.line))
        return first <= inner.line <= last

    def order(self, slip: Slip) -> tuple[bool, ...]:
        """The nearest first."""
        ran = [(place.file, place.line) for place in self.places]
        return (
            (slip.place.file, slip.place.line) not in ran,
            not self.names(slip) or not slip.mistyped,
            not any(self.around(slip.place, place) for place in self.places),
            not (self.likely and self.around(slip.place, self.likely)),
            not slip.sure,
            not self.names(slip),
            not (self.likely and self.likely.file == slip.place.file),
        )


def _told(slip: Slip) -> Advice:
    place, write = slip.place, f"Write: {slip.statement}"
    mine, theirs = _shortened(slip.mine, slip.theirs)
    if slip.kind == "depth":
        return _depth(slip)
    if slip.kind == "place":
        return Advice(f"{place}, stands elsewhere than in the stage.", "Compare the order of the lines.", place)
    if slip.kind == "line":
        return Advice(f"{place}: below it, a line of the stage is missing: {slip.statement}", "Add it.", place)
    if mine and theirs:
        return Advice(f"{place}, has {mine}, where the stage has {theirs}.", f"Write {theirs}.", place)
    if theirs:
        return Advice(f"{place}, lacks {theirs}, which the stage has there.", f"Write: {theirs}", place)
    return Advice(f"{place}, has {mine}, which the stage does not have there.", write, place)


def _depth(slip: Slip) -> Advice:
    """What stands too far to the left or to the right; of a function, where that puts it."""
    place, function = slip.place, re.match(r"(?:async )?def (\w+)", slip.place.code)
    deeper = int(slip.mine) > int(slip.theirs)
    if function and slip.mine == "0":
        return Advice(f"{place}, defines {function[1]} outside of the class that it belongs to.",
                      "Indent the whole function by four spaces, so that it is a method.", place)  # fmt: skip
    if function and deeper:
        return Advice(f"{place}, defines {function[1]} inside of another function.",
                      "Give it the indentation of the other methods.", place)  # fmt: skip
    return Advice(f"{place}, is indented {'more' if deeper else 'less'} than the stage's line.",
                  f"Begin the line with {4 * int(slip.theirs)} spaces.", place)  # fmt: skip


def _shortened(mine: str, theirs: str) -> tuple[str, str]:
    """Two words; of two long texts, the words in them that differ."""
    old, new = mine.split(), theirs.split()
    if max(len(mine), len(theirs)) > LONG and len(old) == len(new):
        different = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        return " ".join(a for a, _ in different), " ".join(b for _, b in different)
    return mine, theirs
