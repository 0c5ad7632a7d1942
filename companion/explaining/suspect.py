"""Which line to open when a test fails and no line of the project did: one that is not as the stage has it."""

from __future__ import annotations

import difflib
from functools import lru_cache

from companion.chain.symbols import IMPORTS, lines_of
from companion.project.differences import Difference, compare, meaning, source
from companion.project.index import Definition, Known
from companion.project.results import Place
from companion.project.typing_errors import slips


def suspect(likely: Place | None, known: Known) -> Place | None:
    """The first line that differs in what stands at `likely`; elsewhere, that file first, where nothing there does."""
    definition = next((d for d in known.definitions if likely and d.place == likely), None)
    if likely is None or definition is None:
        return likely
    if not _same(definition, known):
        first, last = definition.symbol.first, definition.symbol.last
        lines = (slip.place for slip in slips(known) if slip.place.file == definition.file)
        return next((place for place in lines if first <= place.line <= last), likely)
    found = [d for d in _differences(known) if d.mine and d.place.line and d.symbol not in ("", IMPORTS)]
    found.sort(key=lambda difference: difference.place.file != likely.file)
    return _line(found[0]) if found else likely


@lru_cache(maxsize=2)
def _differences(known: Known) -> tuple[Difference, ...]:
    return tuple(compare(known))


def _same(definition: Definition, known: Known) -> bool:
    """Whether the stage has a definition of that name in that file, and it says the same."""
    theirs = known.symbols_of_stage(definition.file).get(definition.symbol.name)
    mine = source(known.texts[definition.file], definition.symbol)
    return theirs is not None and meaning(mine) == meaning(source(known.text_of_stage(definition.file), theirs))


def _line(difference: Difference) -> Place:
    """The first line that differs."""
    old, new = (lines_of(text) for text in (difference.mine, difference.theirs))
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    first = next((start for kind, start, *_ in blocks if kind != "equal"), 0)
    number = min(first, len(old) - 1)
    return Place(difference.place.file, difference.place.line + number, old[number].strip())
