"""Finds the symbol of the stage that a test is about, and where the project has it."""

from __future__ import annotations

from companion.chain.aims import Aim, candidates
from companion.chain.stages import Stage
from companion.project.index import Known
from companion.project.results import Place
from companion.running import suite
from companion.running.test_words import Words, test_words


def aim(ident: str, chain: tuple[Stage, ...]) -> Aim | None:
    """Returns what the test with this id is about.

    A new test fails on the previous stage, so it is about something that its stage changes, unless its docstring quotes
    something else. Words quoted in the docstring count most, then names in the test's code, then those in its helpers
    and in its name. With equal scores, a nested symbol wins over the one around it.
    """
    stage = suite.introduced(ident, chain)
    words = test_words(stage, ident)
    ranked = [
        (-_score(words, file, name, changed), -changed, -name.count("."), file, name)
        for file, name, changed in candidates(stage)
        if changed or file in words.quoted or name.rpartition(".")[2] in words.quoted
    ]
    best = min(ranked, default=None)
    return Aim(stage, best[3], best[4]) if best else None


def _score(words: Words, file: str, name: str, changed: int) -> int:
    """Returns how likely the test is about this symbol; `changed` is 2 if the stage adds it, 1 if it changes it."""
    top, tail = name.partition(".")[0], name.rpartition(".")[2]
    stem = file.rpartition("/")[2].partition(".")[0].lower()
    score = 6 * (file in words.quoted) + 4 * (tail in words.quoted) + 2 * bool(changed)
    score += 2 * (tail in words.named) + (tail in words.nearby - words.named)
    if "." in name:
        score += 3 * (top in words.imported and tail in words.named)
        if top.lower() not in words.all_lower and tail not in words.quoted:
            score //= 2  # probably the attribute of another class
    elif tail in words.imported and changed == 2:
        score += 2
    if (name and name.lower().endswith(words.subject)) or stem in (words.subject, f"{words.subject}s"):
        score += 3
    score += min(2, len(words.title & set(tail.lower().split("_"))))
    return score + (stem.removesuffix("s") in {word.removesuffix("s") for word in words.title})


def aim_at(place: Place | None, known: Known, chain: tuple[Stage, ...]) -> Aim | None:
    """Returns the symbol at a place of the project, in the last stage of the chain that changes it."""
    if place is None:
        return None
    name = next((symbol.name for symbol in reversed(known.around(place))), "")
    called = next((file for file in known.stage_files if known.project_path(file) == place.file), "")
    return aim_of(called, name, chain)


def aim_of(file: str, name: str, chain: tuple[Stage, ...]) -> Aim | None:
    """Returns this symbol, or else its whole file, in the last stage of the chain that changes it, or None."""
    for wanted in dict.fromkeys((name, "")):
        for stage in reversed(chain):
            if any(changed and (theirs, symbol) == (file, wanted) for theirs, symbol, changed in candidates(stage)):
                return Aim(stage, file, wanted)
    return None
