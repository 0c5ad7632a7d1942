"""Compares a file of the project with the stage's file, statement by statement."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import partial
from itertools import accumulate, groupby
from typing import Any

from companion.chain.symbols import IMPORTS, Symbol, lines_of, symbols
from companion.project.edits import Hunk, Swap
from companion.project.results import Place
from companion.project.statements import Statement, joined, lines_as_statements, same_meaning, statements

Statements = Sequence[Statement]
ALIKE = 0.5  # share of equal words (0 to 1) from which one statement counts as a changed version of another


class FilePair:
    """A file of the project and the stage's version of it."""

    def __init__(self, file: str, name: str, mine: str, theirs: str, earlier: str) -> None:
        self.file, self.name = file, name
        self.lines, self.wanted = lines_of(mine), lines_of(theirs)
        python = name.endswith(".py") and bool(statements(mine))
        rows = statements if python else lines_as_statements
        self.mine, self.theirs = rows(mine), rows(theirs)
        self.earlier = {each.key for each in rows(earlier)}
        self.here, self.there = (symbols(mine), symbols(theirs)) if python else ({}, {})

    def hunks(self) -> list[Hunk]:
        found: list[Hunk] = []
        mine, theirs = [each.key for each in self.mine], [each.key for each in self.theirs]
        for kind, a, b, c, d in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
            if kind != "equal":
                found += self._block(a, b, c, d)
        return list(_moved(found))

    def _block(self, a: int, b: int, c: int, d: int) -> Iterator[Hunk]:
        """Yields the hunks of a block that differs: similar statements are paired, the others are missing or extra."""
        own, other = self.mine[a:b], self.theirs[c:d]
        pairs = _pairs(own, other)
        matched = {y: x for x, y in pairs.items()}
        apart = own and other and not pairs and len({self._lost(each) for each in other}) == 1
        if apart or any(x.depth != y.depth for x, y in pairs.items()):
            yield self._whole(own, other, matched)
            return
        yield from (self._pair(x, y) for x, y in pairs.items() if not same_meaning(x, y))
        for theirs, group in groupby(own, key=pairs.get):
            if theirs is None:
                yield self._extra(list(group))
        above = own[-1] if own and not pairs else self.mine[a - 1] if a else None
        for mine, group in groupby(other, key=matched.get):
            if mine is None:
                yield from self._missing(list(group), above)
            else:
                above = mine

    def _whole(self, own: Statements, other: Statements, matched: Mapping[Statement, Statement]) -> Hunk:
        """Returns one hunk for a block: wrong indentation, the missing line that would explain it, or other code."""
        edit = Swap(own[0].line, own[-1].last, self._source(other))
        shifted = [(x, y) for y, x in matched.items() if x.depth != y.depth]
        if not any(x.words == y.words for x, y in shifted):
            block = edit.last > edit.first or len(edit.lines) > 1
            return self._hunk("changed", own[0], other[0], edit, lost=self._lost(other[0]), block=block)
        first, wanted = shifted[0]
        if lost := next((each for each in other if each not in matched), None):
            return self._hunk("missing", first, lost, edit)
        depths = {"mine": str(first.depth), "theirs": str(wanted.depth)}
        return self._hunk("depth", first, wanted, edit, **depths, block=len(own) > 1)

    def _pair(self, own: Statement, other: Statement) -> Hunk:
        """Returns a hunk for a changed statement; its place is the line of the first word that differs."""
        edit = Swap(own.line, own.last, self._source([other]))
        codes = SequenceMatcher(None, own.words, other.words, autojunk=False).get_opcodes()
        changes = [code for code in codes if code[0] != "equal"]
        kind, a, b, c, d = changes[0]
        slid = {"insert": _slide(other, c, d, own.words[a:]), "delete": _slide(own, a, b, other.words[c:])}.get(kind, 0)
        a, b, c, d = a + slid, b + slid, c + slid, d + slid
        if kind == "insert" and not slid and other.words[c] == "," and d - c > 1:
            follows = other.words[d : d + 1] == (",",)  # the missing comma is the one after these words
            a, b, c, d = a + follows, b + follows, c + 1, d + follows
        if len(changes) > 1 and (own.imports or len(changes) * 3 > len(own.words)):
            a, b, c, d = 0, len(own.words), 0, len(other.words)
        line = own.lines[max(a - 1, 0) if kind == "insert" else a]
        wanted = other.lines[max(c - 1, 0) if c == d else c]
        if len(changes) > 1 and (a, c) != (0, 0):
            b, d = changes[-1][2], changes[-1][4]
        while (
            min(b - a, d - c) > 1
            and own.words[b - 1] == other.words[d - 1] == ")"
            and _open(own, a, b) < 0 > _open(other, c, d)
        ):
            b, d = b - 1, d - 1
        while own.words[b:][:1] == other.words[d:][:1] == (")",) and _open(own, a, b) > 0 < _open(other, c, d):
            b, d = b + 1, d + 1
        statement = self.wanted[wanted - 1].strip()
        one = [*self.lines[own.line - 1 : line - 1], statement, *self.lines[line : own.last]]
        differ = {"mine": joined(own.words[a:b]), "theirs": joined(other.words[c:d]), "statement": statement}
        place, block = Place(self.file, line, self.lines[line - 1].strip()), _signs(one) != _signs(edit.lines)
        return self._hunk("changed", own, other, edit, **differ, place=place, block=block)

    def _extra(self, own: Statements) -> Hunk:
        """Returns a hunk for statements to remove; `pass` replaces them if a block would have no body without them."""
        first, last, depth = self.mine.index(own[0]), self.mine.index(own[-1]), own[0].depth
        opens = first > 0 and self.mine[first - 1].words[-1] == ":" and self.mine[first - 1].depth < depth
        body = opens and all(below.depth < depth for below in self.mine[last + 1 : last + 2])
        edit = Swap(own[0].line, own[-1].last, (" " * 4 * depth + "pass",) if body else ())
        return self._hunk("extra", own[0], None, edit)

    def _missing(self, rows: Statements, above: Statement | None) -> Iterator[Hunk]:
        """Yields hunks for statements that are missing below `above`, one for each missing class or function."""
        line = above.last + 1 if above else 1
        for lost, group in groupby(rows, key=self._lost):
            found = list(group)
            below = next((each for each in self.mine if each.line >= line), None)
            if below and all(each.words[0] == "@" for each in found):
                yield self._hunk("decorator", below, found[0], Swap(below.line, below.line - 1, self._source(found)))
            else:
                yield self._hunk("missing", above, found[0], Swap(line, line - 1, self._source(found)), lost=lost)

    def _lost(self, row: Statement) -> str:
        """Returns the outermost class or function around a stage's statement that the project lacks, or ""."""
        name = "" if row.imports else self._symbol(row, self.there)
        around = accumulate(name.split("."), "{}.{}".format)
        return next((each for each in around if each not in self.here), "")

    def _symbol(self, row: Statement, table: Mapping[str, Symbol]) -> str:
        if row.imports:
            return IMPORTS
        around = [symbol for symbol in table.values() if symbol.includes(row.line)]
        return min(around, key=lambda symbol: symbol.last - symbol.first).name if around else ""

    def _source(self, rows: Statements) -> tuple[str, ...]:
        """Returns the stage's lines of these statements, with the comments and docstrings between them."""
        return tuple(self.wanted[rows[0].line - 1 : rows[-1].last])

    def _hunk(self, kind: str, own: Statement | None, other: Statement | None, edit: Swap, **facts: Any) -> Hunk:
        """Returns a hunk about statements of the project and the stage; `facts` are fields with other values."""
        adds = edit.last < edit.first
        line = (own.last if adds and kind == "missing" else own.line) if own else 0
        place = Place(self.file, line, self.lines[line - 1].strip() if line else "")
        symbol = self._symbol(other, self.there) if other else self._symbol(own, self.here) if own else ""
        mine = joined(own.words) if own and kind in ("changed", "extra") else ""
        theirs, statement = (joined(other.words), self.wanted[other.line - 1].strip()) if other else ("", "")
        before = own is not None and kind != "missing" and own.key in self.earlier
        found = Hunk(place, self.name, symbol, kind, mine, theirs, statement, (edit,), before=before)
        return replace(found, last=line if adds else edit.last, **facts)


def _signs(lines: Iterable[str]) -> list[str]:
    """Returns the words of a statement, regardless of line breaks."""
    return re.findall(r"\w+|[^\w\s]", "\n".join(lines).replace("'", '"'))


def _slide(row: Statement, first: int, last: int, after: tuple[str, ...]) -> int:
    """Returns how far to move extra words, so that they are whole lines: `), f(x` moved by two words is `f(x),`."""
    for n in range(1, last - first):
        if row.words[first : first + n] != after[:n]:
            break
        if row.lines[first + n] > row.lines[first + n - 1] and not _open(row, first + n, last + n):
            return n
    return 0


def _open(row: Statement, first: int, last: int) -> int:
    """Returns how many more brackets these words open than close; negative if they close more."""
    return row.words[first:last].count("(") - row.words[first:last].count(")")


def _pairs(mine: Statements, theirs: Statements) -> dict[Statement, Statement]:
    """Maps each statement to the changed version of it, in the order in which both appear."""
    pairs = {}
    for own in mine:
        best = max(theirs, key=partial(_alike, own), default=None)
        if best and _alike(own, best) >= ALIKE:
            pairs[own] = best
            theirs = theirs[theirs.index(best) + 1 :]
    return pairs


def _alike(own: Statement, other: Statement) -> float:
    ratio = SequenceMatcher(None, own.words, other.words, autojunk=False).ratio()
    first, second = own.words[0], own.words[1:2]
    named = own.words[:2] == other.words[:2] and (first in ("def", "class", "@") or second == ("=",))
    return max(ratio, ALIKE) if named or first == other.words[0] == "return" else ratio


def _moved(found: list[Hunk]) -> Iterator[Hunk]:
    """Yields the hunks, with one "moved" hunk for a statement that is missing in one place and extra in another."""
    extra = {hunk.mine: hunk for hunk in found if hunk.kind == "extra"}
    moved = {hunk.theirs for hunk in found if hunk.kind == "missing" and hunk.theirs in extra}
    for hunk in found:
        if hunk.kind == "missing" and hunk.theirs in moved:
            there = extra[hunk.theirs]
            edits = (*hunk.edits, *there.edits)
            yield replace(hunk, place=there.place, kind="moved", mine=there.mine, edits=edits, lost="", last=there.last)
        elif not (hunk.kind == "extra" and hunk.mine in moved):
            yield hunk
