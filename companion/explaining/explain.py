"""Explains a failure: proposes the differences from the stage that may have caused it, and describes the cause."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from companion.explaining.advice import Advice, Rule, describe, effect, note, unexplained, with_full_stop
from companion.explaining.rules import causes, preflight, syntax
from companion.project.differences import EARLIER, Key, Steps, step_of
from companion.project.edits import Hunk
from companion.project.index import Known
from companion.project.results import Failure

MOST = 5  # how many differences are tried one by one
FEW = 3  # up to this many missing things, each is tried alone first
DIFFERS = "python -m companion diff"
LACKING = ("AppNotInstalled", "UserModel", "NoEngine", "NoSettings", "MissingMigration")
VAGUE = (*LACKING, "Timeout", "SystemExit", "CutOff")  # these name a consequence: a difference may name the cause
RARELY = ("manage.py", "requirements.txt", "Dockerfile", ".dockerignore")  # seldom the cause of a failure
FREE = ("LANGUAGE_CODE", "TIME_ZONE", "DATABASES", "BASE_DIR", "ALLOWED_HOSTS", "DEBUG")  # learners choose them
RULES: list[Rule] = [syntax.unreadable, *preflight.RULES, *causes.RULES]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Describes one trial on a copy: `cause` is blamed if it helps, `along` is put in because it is not yet typed."""

    cause: tuple[Hunk, ...]
    along: tuple[Hunk, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Collects what is known about a failure: the rule's advice in `words`, and `proposals`, most likely first."""

    failure: Failure
    words: Advice | None
    proposals: list[Hunk]

    @property
    def attempts(self) -> list[Attempt]:
        """Returns what to try, most likely first: single differences, then all of one symbol, of one file, and all.

        If more than `FEW` things are not typed yet, all of them are added to each trial. A test that still fails then
        has another cause.
        """
        if self._certain:
            return [Attempt((hunk,)) for hunk in self._near_words[:FEW]]
        waiting = tuple(hunk for hunk in self.proposals if _untyped(hunk))
        along = waiting if len(waiting) > FEW else ()
        singles = [hunk for hunk in self.proposals if hunk not in along]
        found = [Attempt((hunk,), along) for hunk in singles[:MOST]]
        if len(waiting) > 1:
            found.insert(0 if along else MOST, Attempt((_next(waiting),), waiting))
        of_file = [hunk for hunk in singles if hunk.file == singles[0].file]
        of_symbol = [hunk for hunk in of_file if hunk.symbol == singles[0].symbol]
        groups = {len(group): group for group in (of_symbol, of_file, singles)}
        return found + [Attempt(tuple(group), along) for group in groups.values() if len(group) > 1]

    @property
    def _certain(self) -> Advice | None:
        """Returns the rule's advice if it names the cause, so that a difference can only add what to write."""
        vague = self.failure.type in VAGUE and self.proposals
        return None if vague and self.words and not self.words.certain else self.words

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
        if self._certain:
            return self._certain
        first = _next(self.proposals) if self.proposals else None
        if first and _untyped(first):
            return describe(first)
        found = unexplained(self.failure)
        return replace(found, place=first.place) if first else found

    @property
    def unexplained(self) -> Advice:
        """Returns advice for a failure that no difference explains."""
        found = unexplained(self.failure)
        if self.words or not self.proposals:
            return self.words or found
        near = self.proposals[0].place
        nearest = f"No single difference from the stage explains it. The nearest is at {near}: {DIFFERS} shows it."
        return replace(found, remedy=nearest, place=found.place or near)

    def about(self, attempt: Attempt) -> Advice:
        """Returns advice for an attempt that made the test pass."""
        words, hunk, more = self.words, attempt.cause[0], len(attempt.cause) - 1
        found = describe(hunk)
        if more:
            said = f"{hunk.place}: {hunk.file} differs from the stage here and in {more} more places."
            return Advice(said, f"With the stage's lines, this works: {DIFFERS} shows them.", hunk.place)
        if words and (attempt.along or hunk.kind == "extra" and self.failure.type == "MissingMigration"):
            return words
        if words and self._certain:
            if not hunk.theirs or hunk.imports:
                return words
            at = "" if words.place and words.place.line == hunk.place.line else f"{hunk.place}: "
            return replace(words, remedy=f"{at}{found.remedy}")
        why, result = note(self.failure, hunk), effect(self.failure)
        if words:  # the sentence of the uncertain rule, without a place in the same file
            same = f"{words.place}: " if words.place and words.place.file == hunk.file else ""
            said = words.sentence.removesuffix(".").removeprefix(same)
            result = "" if words.sentence.startswith(f"{hunk.place},") else said
        caused = f"This causes: {with_full_stop(result)}\n" if result else ""
        return replace(found, sentence=f"{found.sentence}{why and f' {why}'}", remedy=f"{caused}{found.remedy}")


def explain(failure: Failure, known: Known, topic: Key | None = None, steps: Steps | None = None) -> Explanation:
    """Explains a failure, and proposes the differences that may have caused it, most likely first.

    `topic` is the stage's file that the test is about, and a symbol in it or "". `steps` maps (file, symbol) to a step
    of the chapter. A file, class or function that a later step adds comes last, in the order of the steps.
    """
    steps = steps or {}
    words = next((advice for rule in RULES if (advice := rule(failure, known))), None)
    later = [step_of(hunk, steps) for hunk in known.hunks if _untyped(hunk)]
    reach = steps.get(topic, EARLIER) if topic else min(later, default=EARLIER)
    said = _words(f"{failure.message} {failure.name} {failure.wanted} {failure.came}")

    def rank(hunk: Hunk) -> tuple[int, float]:
        step = step_of(hunk, steps)
        waits = _untyped(hunk) and step > reach and not _words(hunk.lost.rpartition(".")[2] or _stem(hunk)) & said
        return (step + 1 if waits else -1, -_score(hunk, failure, topic, known, said))

    return Explanation(failure, words, sorted(known.hunks, key=rank))


def _next(waiting: Sequence[Hunk]) -> Hunk:
    """Returns what to type next: the first missing thing that is not an import."""
    return next((hunk for hunk in waiting if not hunk.imports), waiting[0])


def _untyped(hunk: Hunk) -> bool:
    """Returns whether the difference is something that the learner has not typed at all."""
    return hunk.kind == "no file" or bool(hunk.lost) or hunk.before or hunk.imports and hunk.kind == "missing"


def _stem(hunk: Hunk) -> str:
    return hunk.name.rpartition("/")[2].removesuffix(".py").lower()


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w{3,}", text)}


def _score(hunk: Hunk, failure: Failure, topic: Key | None, known: Known, said: set[str]) -> float:
    """Returns how likely a difference is to have caused the failure; higher is more likely."""
    total = 0.0
    for back, place in enumerate(reversed(failure.places)):
        if place.file == hunk.file:
            around = [each.name for each in known.around(place) if each.kind != "name"]
            near = 7 if (hunk.lost or hunk.symbol) in around else 3
            if hunk.place.line and hunk.place.line - 1 <= place.line <= max(hunk.last, hunk.place.line) + 1:
                near = 11
            total = max(total, near - 1.5 * back)
    file, symbol = topic or ("", "")
    if file and hunk.file == known.project_path(file) or file == hunk.name:
        about, mine = (hunk.lost or hunk.symbol).split("."), symbol.split(".")
        inside = bool(symbol) and (about[: len(mine)] == mine or mine[: len(about)] == about)
        total += 6 if about == mine else 5 if inside else 2
    words = _words(f"{hunk.mine} {hunk.theirs} {hunk.symbol.rpartition('.')[2]}")
    total += min(4, 2 * len(words & said))
    if hunk.kind in ("renamed", "no file"):
        total += 6 if _stem(hunk) in said else -6 if hunk.kind == "renamed" else 0
    alike = SequenceMatcher(None, hunk.mine.lower(), hunk.theirs.lower(), autojunk=False).ratio()
    total += 3 * (hunk.kind == "changed" and alike >= 0.7 and bool(re.search(r"\w", hunk.mine)))
    total += 2 * (hunk.kind == "depth")
    total -= 3 * (hunk.symbol in FREE) + 4 * (hunk.name in RARELY and hunk.name != file)
    total -= 5 * (hunk.kind == "no file" and not hunk.edits[0].lines)
    total -= 2 * (hunk.imports and hunk.kind == "extra" and failure.phase == "test")
    return total
