"""Explains a failure: proposes the differences from the stage that may cause it, and says in words which one does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from companion.explaining import describe
from companion.explaining.advice import Advice, Rule, ended
from companion.explaining.notes import note
from companion.explaining.proposals import Topic, order, whole
from companion.explaining.rules import causes, imports, preflight, syntax
from companion.project.edits import Hunk
from companion.project.index import Known
from companion.project.results import Failure, Place

MOST = 5  # differences that are tried one by one
FEW = 3  # missing things up to which each is tried alone first
DIFFERS = "python -m companion diff"
LACKING = ["AppNotInstalled", "UserModel", "NoEngine", "NoSettings", "MissingMigration"]
VAGUE = [*LACKING, "Timeout", "SystemExit", "CutOff"]  # say what came of a mistake: a difference may say which it is
RULES: list[Rule] = [syntax.unreadable, *preflight.RULES, *causes.RULES, *imports.RULES]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What to put right in a copy: `cause` is what is then blamed; `along` is what the project does not have yet."""

    cause: tuple[Hunk, ...]
    along: tuple[Hunk, ...] = ()

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """All differences that it takes away."""
        return tuple(dict.fromkeys((*self.cause, *self.along)))


@dataclass(frozen=True)
class Explanation:
    """What is known of a failure: `words` are those of a rule, `proposals` the differences, the likeliest first."""

    failure: Failure
    words: Advice | None
    proposals: list[Hunk]

    @property
    def place(self) -> Place | None:
        """Where to look first, before anything was tried."""
        return self.untried.place

    @property
    def attempts(self) -> Iterator[Attempt]:
        """What to try, the likeliest first: one difference, then all of a symbol, of a file, and all.

        Where much is not typed yet, the rest of the stage is put in first: what fails even then has another cause.
        """
        if self.certain:
            yield from (Attempt((hunk,)) for hunk in self._near_words[:FEW])
            return
        waiting = tuple(hunk for hunk in self.proposals if whole(hunk))
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
        """Whether a rule knows the cause, so that a difference may only add what to write."""
        vague = self.failure.type in VAGUE and self.proposals
        return self.words is not None and (self.words.certain or not vague)

    def _next(self, waiting: Sequence[Hunk]) -> tuple[Hunk]:
        """What to type next: nobody begins with an import."""
        return (next((hunk for hunk in waiting if not hunk.imports), waiting[0]),)

    def _said_before(self, hunk: Hunk) -> str:
        """What a rule says that is not certain of the cause, without its place where that is in the same file."""
        said, place = (self.words.sentence.removesuffix("."), self.words.place) if self.words else ("", None)
        same = place and place.file == hunk.file
        return "" if said.startswith(f"{hunk.place},") else said.removeprefix(f"{place}: " if same else "")

    @property
    def _near_words(self) -> list[Hunk]:
        """The differences at the line that a rule names; of a file that Python can't read, all, the nearest first."""
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
        """What is known without a try: what a rule says, what is not there yet, or what happened and where."""
        if self.words and self.certain:
            return self.words
        first = self._next(self.proposals)[0] if self.proposals else None
        if first and whole(first):
            return describe.describe(first)
        found = describe.unexplained(self.failure)
        return replace(found, place=first.place) if first else found

    @property
    def unexplained(self) -> Advice:
        """What to say where no difference helped."""
        if self.words:
            return self.words
        found = describe.unexplained(self.failure)
        if not self.proposals:
            return found
        near = self.proposals[0].place
        nearest = f"No single difference from the stage explains it. The nearest is at {near}: {DIFFERS} shows it."
        return replace(found, remedy=nearest, place=found.place or near)

    def about(self, attempt: Attempt) -> Advice:
        """What to say when an attempt has helped."""
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
        caused = f"This causes: {ended(result)}\n" if result else ""
        return replace(found, sentence=f"{found.sentence}{why and f' {why}'}", remedy=f"{caused}{found.remedy}")


def explain(
    failure: Failure,
    known: Known,
    topic: Topic | None = None,
    steps: Mapping[tuple[str, str], int] | None = None,
) -> Explanation:
    """What a failure means. `topic` is what the failed test is about, `steps` has the step of each file and symbol."""
    words = next((advice for rule in RULES if (advice := rule(failure, known))), None)
    return Explanation(failure, words, order(failure, topic, known, known.hunks, steps or {}))
