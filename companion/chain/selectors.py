"""Reads selectors, which name the changed lines of a stage that a block of its chapter shows.

A selector is `path`, `path#Class.method`, `path#CONSTANT`, `path#imports`, `path#-Removed` (a symbol of the previous
stage), `path#"text"` (the paragraph of added or removed lines that contains the text) or `path#rest` (what no
narrower selector of the chapter includes). Code is named by symbol, never by line number.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from companion.chain.changes import FileChange, StageChanges
from companion.chain.symbols import Symbol, symbols

REST = "rest"
MANY_LINES = 25  # with more lines, a bare path could hide later additions
SELECTOR = re.compile(
    r"""[^,\s](?:[^,#]|,(?!\s))*               # a path
        (?:\#(?: ".*?"(?=\s*(?:,\s|$))        # and a text, which may hold commas and quotation marks,
              | (?:[^,]|,(?!\s))* ))?          # or a name
    """,
    re.VERBOSE,
)


class NarrationError(ValueError):
    """Raised for a selector that matches nothing; the message says what to write instead."""


@dataclass
class Claim:
    """A selector of a step (counted from 0): `rows` are the changed rows it includes, `owned` those assigned to it."""

    selector: str
    step: int
    change: FileChange
    rows: list[int]
    owned: list[int] = field(default_factory=list)

    @property
    def is_wide(self) -> bool:
        """Returns whether it is about a whole file, or about what narrower selectors leave of it."""
        return self.selector.partition("#")[2] in ("", REST)


def selectors(text: str) -> list[str]:
    """Returns the selectors in the first line of a block, which are separated by commas."""
    return [found.strip() for found in SELECTOR.findall(text)]


def read_claim(stage: StageChanges, step: int, selector: str) -> Claim:
    """Returns the claim of a step's selector. Raises NarrationError or NotPython."""
    path, _, what = selector.partition("#")
    change = stage.files.get(path)
    if change is None:
        hint = "is the same in both stages" if path in stage.tree else "is not in this stage"
        raise NarrationError(f"{path} {hint}{did_you_mean(path, list(stage.files))}")
    if what.startswith('"'):
        return Claim(selector, step, change, _paragraph(change, what[1:].removesuffix('"')))
    if what not in ("", REST):
        return Claim(selector, step, change, _symbol_rows(change, what))
    rows = [n for n, row in enumerate(change.rows) if row.changed]
    if not what and len(rows) > MANY_LINES and not path.startswith("tests/") and symbols_of(change):
        raise NarrationError(f"{len(rows)} lines change here; name its symbols, or write {path}#{REST}")
    return Claim(selector, step, change, rows)


def _paragraph(change: FileChange, needle: str) -> list[int]:
    if not needle:
        raise NarrationError("between the quotation marks stands some text of the line that is meant")
    groups = groupby(range(len(change.rows)), key=lambda n: change.rows[n].counts)
    paragraphs = [list(group) for counts, group in groups if counts]
    found = [n for p in paragraphs for n in p if needle in change.rows[n].text]
    hits = [p for p in paragraphs if set(p) & set(found)]
    if not hits:
        raise NarrationError(f"no changed line of {change.path} contains {needle!r}")
    # A replaced line can be removed in one paragraph and added in another.
    moved = len(found) == 2 and {change.rows[n].kind for n in found} == {"-", "+"}
    if len(hits) > 1 and not moved:
        lines = " and ".join(row_number(change, n) for n in found)
        raise NarrationError(f"{needle!r} stands in several places (at {lines}); quote more of the line")
    return sorted(n for p in hits for n in p)


def _symbol_rows(change: FileChange, what: str) -> list[int]:
    gone = what.startswith("-")
    name, side = what.lstrip("-"), "old" if gone else "new"
    table = symbols_of(change, old=gone)
    if name not in table:
        where = "had" if gone else "has"
        if name in symbols_of(change, old=not gone):
            when, right = ("yet", name) if gone else ("any more", f"-{name}")
            raise NarrationError(f"{change.path} {where} no {name} {when}; write {change.path}#{right}")
        raise NarrationError(f"{change.path} {where} no {name}{did_you_mean(name, list(table))}")
    rows: list[int] = []
    for start, stop in table[name].spans:
        inside = [n for n, row in enumerate(change.rows) if start <= (getattr(row, side) or 0) <= stop]
        first, last = min(inside), max(inside)
        while first > 0 and change.rows[first - 1].kind == "-" and change.rows[first].kind == "+":
            first -= 1
        rows += [n for n in range(first, last + 1) if change.rows[n].changed]
    if not rows:
        raise NarrationError(f"nothing changes in {name} between the two stages")
    return sorted(set(rows))


def symbols_of(change: FileChange, old: bool = False) -> Mapping[str, Symbol]:
    """Returns the symbols of a file, or of its `old` version. Raises NotPython."""
    text = change.old_text if old else change.new_text
    return symbols(text or "") if change.path.endswith(".py") else {}


def row_number(change: FileChange, n: int) -> str:
    """Returns the sign and the line number of a row, as in "+8"."""
    row = change.rows[n]
    return f"{row.kind.strip()}{row.new or row.old}"


def did_you_mean(word: str, words: list[str]) -> str:
    """Returns a question about the most similar word, to end a message with, or "" if none is similar."""
    near = difflib.get_close_matches(word, words, 1)
    return f"; did you mean {near[0]}?" if near else ""
