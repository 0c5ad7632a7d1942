"""Explains a failure: proposes the differences from the stage that may have caused it, and describes the cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from companion.explaining import describe
from companion.explaining.advice import Advice, Rule, with_full_stop
from companion.explaining.notes import note
from companion.explaining.proposals import Topic, order, untyped
from companion.explaining.rules import causes, imports, preflight, syntax
from companion.project.edits import Hunk
from companion.project.index import Known
from companion.project.results import Failure, Place

MOST = 5  # how many differences are tried one by one
FEW = 3  # up to this many missing things, each is tried alone first
DIFFERS = "python -m companion diff"
LACKING = ["AppNotInstalled", "UserModel", "NoEngine", "NoSettings", "MissingMigration"]
VAGUE = [*LACKING, "Timeout", "SystemExit", "CutOff"]  # these name a consequence: a difference may name the cause
RULES: list[Rule] = [syntax.unreadable, *preflight.RULES, *causes.RULES, *imports.RULES]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Describes one trial on a copy: `cause` is blamed if it helps, `along` is put in because it is not yet typed."""

    cause: tuple[Hunk, ...]
    along: tuple[Hunk, ...] = ()

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """Returns all differences that the trial removes, without duplicates."""
        return tuple(dict.fromkeys((*self.cause, *self.along)))


@dataclass(frozen=True)
class Explanation:
    """Collects what is known about a failure: the rule's advice in `words`, and `proposals`, most likely first."""

    failure: Failure
    words: Advice | None
    proposals: list[Hunk]

    @property
    def place(self) -> Place | None:
        """Returns where to look first, before anything was tried."""
        return self.untried.place

    @property
    def attempts(self) -> Iterator[Attempt]:
        """Yields what to try, most likely first: single differences, then all of one symbol, of one file, and all.

        If more than `FEW` things are not typed yet, all of them are added to each trial. A test that still fails then
        has another cause.
        """
        if self.certain:
            yield from (Attempt((hunk,)) for hunk in self._near_words[:FEW])
            return
        waiting = tuple(hunk for hunk in self.proposals if untyped(hunk))
        along = waiting if len(waiting) > FEW else ()
        singles = [hunk for hunk in self.proposals if hunk not in along]
        if along:
            yield Attempt(self._next(waiting), waiting)
        yield from (Attempt((hunk,), along) for hunk in singles[:MOST])
        if len(waiting) > 1 and not along:
            yield Attempt(self._next(waiting), waiting)
        if not singles:
            return
        first, seen = singles[0], {1}
        for together in (
            [hunk for hunk in singles if (hunk.file, hunk.symbol) == (first.file, first.symbol)],
            [hunk for hunk in singles if hunk.file == first.file],
            singles,
        ):
            if len(together) not in seen:
                seen.add(len(together))
                yield Attempt(tuple(together), along)

    @property
    def certain(self) -> bool:
        """Returns whether a rule knows the cause, so that a difference can only add what to write."""
        vague = self.failure.type in VAGUE and self.proposals
        return self.words is not None and (self.words.certain or not vague)

    def _next(self, waiting: Sequence[Hunk]) -> tuple[Hunk]:
        """Returns what to type next: the first missing thing that is not an import."""
        return (next((hunk for hunk in waiting if not hunk.imports), waiting[0]),)

    def _said_before(self, hunk: Hunk) -> str:
        """Returns the sentence of an uncertain rule, without its place if `hunk` is in the same file."""
        said, place = (self.words.sentence.removesuffix("."), self.words.place) if self.words else ("", None)
        same = place and place.file == hunk.file
        return "" if said.startswith(f"{hunk.place},") else said.removeprefix(f"{place}: " if same else "")

    @property
    def _near_words(self) -> list[Hunk]:
        """Returns the differences at the line that a rule names; for a syntax error, all of the file, nearest first."""
        place = self.words.place if self.words else None
        if place is None or not place.line:
            return []
        here = [hunk for hunk in self.proposals if hunk.file == place.file]
        here.sort(key=lambda hunk: abs(hunk.place.line - place.line))
        if self.failure.type in syntax.UNREADABLE:
            return here
        if self.failure.type == "NameError":
            return [hunk for hunk in here if hunk.imports]
        return [hunk for hunk in here if hunk.place.line <= place.line <= hunk.last]

    @property
    def untried(self) -> Advice:
        """Returns advice without trying anything: the rule's, what is not typed yet, or what happened and where."""
        if self.words and self.certain:
            return self.words
        first = self._next(self.proposals)[0] if self.proposals else None
        if first and untyped(first):
            return describe.describe(first)
        found = describe.unexplained(self.failure)
        return replace(found, place=first.place) if first else found

    @property
    def unexplained(self) -> Advice:
        """Returns advice for a failure that no difference explains."""
        if self.words:
            return self.words
        found = describe.unexplained(self.failure)
        if not self.proposals:
            return found
        near = self.proposals[0].place
        nearest = f"No single difference from the stage explains it. The nearest is at {near}: {DIFFERS} shows it."
        return replace(found, remedy=nearest, place=found.place or near)

    def about(self, attempt: Attempt) -> Advice:
        """Returns advice for an attempt that made the test pass."""
        cause, words = attempt.cause, self.words
        hunk = cause[0]
        found = describe.describe(hunk)
        if len(cause) > 1:
            said = f"{hunk.place}: {hunk.file} differs from the stage here and in {len(cause) - 1} more places."
            return Advice(said, f"With the stage's lines, this works: {DIFFERS} shows them.", hunk.place)
        if words and (attempt.along or hunk.kind == "extra" and self.failure.type == "MissingMigration"):
            return words
        if words and self.certain:
            if not hunk.theirs or hunk.imports:
                return words
            at = "" if words.place and words.place.line == hunk.place.line else f"{hunk.place}: "
            return replace(words, remedy=f"{at}{found.remedy}")
        why = note(self.failure, hunk)
        result = self._said_before(hunk) if words else describe.effect(self.failure)
        caused = f"This causes: {with_full_stop(result)}\n" if result else ""
        return replace(found, sentence=f"{found.sentence}{why and f' {why}'}", remedy=f"{caused}{found.remedy}")


def explain(
    failure: Failure,
    known: Known,
    topic: Topic | None = None,
    steps: Mapping[tuple[str, str], int] | None = None,
) -> Explanation:
    """Explains a failure. `topic` is what the test is about; `steps` maps (file, symbol) to a step of the chapter."""
    words = next((advice for rule in RULES if (advice := rule(failure, known))), None)
    return Explanation(failure, words, order(failure, topic, known, known.hunks, steps or {}))
