"""Slips of the hand: statements that are nearly those of the stage, word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from companion.chain.symbols import enclosing, lines_of, symbols
from companion.project.differences import meaning, source
from companion.project.index import Known, renamed
from companion.project.results import Place
from companion.project.statements import Statement, statements

ALIKE = 0.5  # from which share of equal words (0 to 1) one statement is the other, changed
CLOSE = 0.7  # from which share of equal letters one word is the other, mistyped
FEW = 3  # words that somebody may have put in, or written for others, by a slip
MANY = 12  # words that somebody may have left out
OTHERWISE = 3  # from how many statements of its own a function is written otherwise, and not mistyped


@dataclass(frozen=True, slots=True)
class Slip:
    """Where a statement of the project is nearly one of the stage.

    `mine` and `theirs` are the words that differ, and "" where one side has none. `kind` is "word" (one stands for
    another), "words" (some are missing or too many), "depth" (of the indentation), "place" (it stands elsewhere),
    "line" (the stage has one below `place` that is missing) or "other" (more than a slip). `statement` is the
    stage's line.
    """

    place: Place
    kind: str
    mine: str
    theirs: str
    statement: str

    @property
    def sure(self) -> bool:
        """Whether nobody would have written it so on purpose."""
        return self.mistyped or self.kind == "depth"

    @property
    def mistyped(self) -> bool:
        """Whether the one word is so like the other that nobody would have chosen it."""
        if self.kind != "word":
            return False
        alike = SequenceMatcher(None, self.mine.lower(), self.theirs.lower(), autojunk=False).ratio()
        return bool(re.search(r"\w", self.mine)) and alike >= CLOSE


@lru_cache(maxsize=2)
def slips(known: Known) -> tuple[Slip, ...]:
    """All slips in the project's files. What is still as in the stage before is no slip: it waits for its step."""
    found: list[Slip] = []
    for name, text in known.stage_texts.items():
        mine = known.texts.get(known.theirs(name), "")
        if mine and "/migrations/" not in name:
            texts = (renamed(each, known.package) for each in (text, known.text_before(name)))
            found += _Pair(known.theirs(name), mine, *texts).slips()
    return tuple(found)


class _Pair:
    """A file of the project beside the stage's, and beside what the stage before has under that name."""

    def __init__(self, file: str, mine: str, theirs: str, earlier: str) -> None:
        self.file, self.lines, self.wanted = file, lines_of(mine), lines_of(theirs)
        self.mine, self.theirs = statements(mine), statements(theirs)
        self.earlier = Counter(_bare(statements(earlier)))
        self.untouched = _untouched(mine, earlier) if self.mine else set()
        self.begun = _begun(mine, theirs) if self.mine else set()
        self.symbols = symbols(mine) if self.mine else {}
        self.alone: set[int] = set()

    def slips(self) -> list[Slip]:
        """What differs, in the order of the file, without the names that somebody has chosen."""
        if not self.mine or _bare(self.mine) == _bare(self.theirs):
            return []
        found = list(self._all())
        written = Counter(word for each in self.mine for word in each.words)
        times = Counter((slip.mine, slip.theirs) for slip in found if slip.kind == "word")
        found = [slip for slip in found if not _chosen(times[slip.mine, slip.theirs], slip, written)]
        own = self.alone | {slip.place.line for slip in found if slip.kind != "line" and not slip.sure}
        functions = Counter(map(self._function, own))
        return [
            slip if slip.sure or functions[self._function(slip.place.line)] < OTHERWISE else replace(slip, kind="other")
            for slip in found
        ]

    def _function(self, line: int) -> str:
        """The function around a line; each line outside of functions stands for itself."""
        around = enclosing(self.symbols, line)
        return around.name if around and around.kind == "function" else str(line)

    def _all(self) -> Iterator[Slip]:
        blocks = SequenceMatcher(None, _bare(self.mine), _bare(self.theirs), autojunk=False).get_opcodes()
        extra = {each.words for kind, a, b, _, _ in blocks if kind != "equal" for each in self.mine[a:b]}
        for kind, a, b, c, d in blocks:
            if kind == "equal":
                continue
            pairs = _pairs(self.mine[a:b], self.theirs[c:d])
            known = {id(own) for own, _ in pairs}
            self.alone |= {own.line for own in self.mine[a:b] if id(own) not in known and self._of_nobody(own)}
            for own, other in pairs:
                if (own.words, own.depth) not in self.earlier and own.line not in self.untouched:
                    yield from self._of_pair(own, other)
            above = self.mine[a - 1] if a else None
            for other in self.theirs[c:d]:
                match = next((own for own, each in pairs if each is other), None)
                if match is None and above and self._told(above, other):
                    yield self._lost(above, other, extra)
                above = match or above

    def _of_nobody(self, own: Statement) -> bool:
        """Whether neither the stage nor the one before has such a statement."""
        return all(own.words != each.words for each in self.theirs) and own.line not in self.untouched

    def _told(self, above: Statement, other: Statement) -> bool:
        """Whether a missing statement belongs to what has been typed: to a function that is not as it was before."""
        told = (other.words, other.depth)
        gone = self.earlier[told] > _bare(self.mine).count(told)
        return not other.imports and other.line in self.begun and (gone or above.line not in self.untouched)

    def _lost(self, above: Statement, other: Statement, extra: set[tuple[str, ...]]) -> Slip:
        """A statement of the stage that is not there, or stands elsewhere."""
        moved = next((each for each in self.mine if each.words == other.words and each.words in extra), None)
        if moved:
            return Slip(self._place(moved.line), "place", "", self._wanted(other), self._wanted(other))
        return Slip(self._place(above.lines[-1]), "line", "", self._wanted(other), self._wanted(other))

    def _of_pair(self, own: Statement, other: Statement) -> Iterator[Slip]:
        if own.words == other.words:
            yield Slip(self._place(own.line), "depth", str(own.depth), str(other.depth), self._wanted(other))
            return
        blocks = SequenceMatcher(None, own.words, other.words, autojunk=False).get_opcodes()
        changes = [block for block in blocks if block[0] != "equal"]
        for _, a, b, c, d in changes:
            old, new = own.words[a:b], other.words[c:d]
            place = self._place(own.lines[min(a, len(own.lines) - 1)])
            statement = self._wanted(other, min(c, len(other.lines) - 1))
            if len(old) == len(new) == 1:
                yield Slip(place, "word", old[0], new[0], statement)
            elif len(changes) == 1 and len(old) <= FEW and len(new) <= (FEW if old else MANY):
                yield Slip(place, "words", _joined(old), _joined(new), statement)
            else:
                yield Slip(place, "other", "", "", statement)

    def _place(self, line: int) -> Place:
        return Place(self.file, line, self.lines[line - 1].strip())

    def _wanted(self, statement: Statement, word: int = 0) -> str:
        return self.wanted[statement.lines[word] - 1].strip()


def _bare(found: tuple[Statement, ...]) -> list[tuple[tuple[str, ...], int]]:
    return [(each.words, each.depth) for each in found]


def _untouched(mine: str, earlier: str) -> set[int]:
    """The lines of what is just as the stage before has it."""
    try:
        here, there = symbols(mine), symbols(earlier)
    except ValueError:
        return set()
    same = [
        symbol
        for name, symbol in here.items()
        if name in there and meaning(source(mine, symbol)) == meaning(source(earlier, there[name]))
    ]
    lines = {line for symbol in same for first, last in symbol.spans for line in range(first, last + 1)}
    # A statement such as `DATABASES["default"] = …` belongs to no symbol.
    before = set(_bare(statements(earlier)))
    loose = [each for each in statements(mine) if (each.words, each.depth) in before and not enclosing(here, each.line)]
    return lines | {line for each in loose for line in each.lines}


def _begun(mine: str, theirs: str) -> set[int]:
    """The lines of the stage's file whose function or class the project has too."""
    here, there = symbols(mine), symbols(theirs)
    lines = set(range(1, len(lines_of(theirs)) + 1))
    lost = [each for each in there.values() if each.name not in here and each.kind in ("class", "function")]
    return lines - {line for each in lost for first, last in each.spans for line in range(first, last + 1)}


def _chosen(times: int, slip: Slip, written: Counter[str]) -> bool:
    """Whether it is a name that somebody has chosen: written several times, and each time so."""
    return times > 1 and written[slip.mine] == times and not written[slip.theirs]


def _pairs(mine: tuple[Statement, ...], theirs: tuple[Statement, ...]) -> list[tuple[Statement, Statement]]:
    """Which statement is which, changed, in the order in which both stand."""
    pairs, start = [], 0
    for own in mine:
        shares = [_alike(own, each) for each in theirs[start:]]
        best = max(shares, default=0.0)
        if best >= ALIKE:
            pairs.append((own, theirs[start + shares.index(best)]))
            start += shares.index(best) + 1
    return pairs


def _alike(own: Statement, other: Statement) -> float:
    if own.imports or other.imports:
        return 0.0  # what is wrong with an import has rules of its own
    ratio = SequenceMatcher(None, own.words, other.words, autojunk=False).ratio()
    same_name = own.words[1:2] == ("=",) and own.words[0] == other.words[0] and other.words[1:2] == ("=",)
    return max(ratio, ALIKE) if same_name else ratio  # another value for a name is no line too few


def _joined(words: tuple[str, ...]) -> str:
    """The words as one writes them, without what divides them from others."""
    text = re.sub(r" ?([.(\[]) ?| (?=[)\]},:])", r"\1", " ".join(words).replace(" = ", "="))
    return text.strip(", ") or text
