"""Which lines a chapter speaks of: selectors are read, and every changed line finds its one block.

A selector is `path`, `path#Class.method`, `path#CONSTANT`, `path#imports`, `path#-Removed` (a symbol of the
stage before), `path#"text"` (the paragraph of changed lines that holds the text, in the text that was and in
the text that is) or `path#rest` (what no narrower selector of the chapter means). Code is addressed by symbol,
never by line number.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from companion.chain.changes import FileChange, StageChanges
from companion.chain.symbols import NotPython, Symbol, symbols

REST = "rest"
MANY_LINES = 25  # from here on a bare path could swallow what is added later, without a word
SELECTOR = re.compile(
    r"""[^,\s](?:[^,#]|,(?!\s))*               # a path
        (?:\#(?: ".*?"(?=\s*(?:,\s|$))        # and a text, which may hold commas and quotation marks,
              | (?:[^,]|,(?!\s))* ))?          # or a name
    """,
    re.VERBOSE,
)


class NarrationError(ValueError):
    """A selector that means nothing; the message says what to write instead."""


@dataclass
class Claim:
    """One selector of one step (counted from 0): `rows` are the changed rows it means, `owned` those it got."""

    selector: str
    step: int
    change: FileChange
    rows: list[int]
    owned: list[int] = field(default_factory=list)


def selectors(text: str) -> list[str]:
    """The selectors in the head of a block, where commas stand between them."""
    return [found.strip() for found in SELECTOR.findall(text)]


def narrate(stage: StageChanges, wanted: list[tuple[int, str]]) -> tuple[list[Claim], list[str]]:
    """Give every changed line to the narrowest of the selectors that mean it.

    `wanted` pairs the number of a step with a selector, in the chapter's order. Returns the claims in that
    order and the problems: sentences that each say what to write instead. A chapter is right when each
    non-blank changed line belongs to exactly one claim, and each claim got at least one line.
    """
    claims: list[Claim] = []
    problems: list[str] = []
    for step, selector in wanted:
        try:
            claims.append(_claim(stage, step, selector))
        except NarrationError as error:
            problems.append(f"{selector}: {error}")
    owner = _settle(claims)
    problems += [problem for n, claim in enumerate(claims) if (problem := _idle(claim, claims[:n]))]
    problems += [problem for change in stage.files.values() if (problem := _broken(change, problems))]
    problems += [problem for change in stage.files.values() if (problem := _forgotten(change, owner))]
    return claims, problems


def _claim(stage: StageChanges, step: int, selector: str) -> Claim:
    path, _, what = selector.partition("#")
    change = stage.files.get(path)
    if change is None:
        hint = "is the same in both stages" if path in stage.tree else "is not in this stage"
        raise NarrationError(f"{path} {hint}{_did_you_mean(path, list(stage.files))}")
    changed = [n for n, row in enumerate(change.rows) if row.changed]
    if what == REST:
        rows = changed
    elif not what:
        rows = changed
        if len(changed) > MANY_LINES and not path.startswith("tests/") and _symbols_of(change):
            raise NarrationError(f"{len(changed)} lines change here; name its symbols, or write {path}#{REST}")
    elif what.startswith('"'):
        rows = _paragraph(change, what[1:].removesuffix('"'))
    else:
        rows = _symbol_rows(change, what)
    return Claim(selector, step, change, rows)


def _paragraph(change: FileChange, needle: str) -> list[int]:
    if not needle:
        raise NarrationError("between the quotation marks stands some text of the line that is meant")
    paragraphs: list[list[int]] = [[]]
    for n, row in enumerate(change.rows):
        if row.counts:
            paragraphs[-1].append(n)
        elif paragraphs[-1]:
            paragraphs.append([])
    found = [n for p in paragraphs for n in p if needle in change.rows[n].text]
    hits = [p for p in paragraphs if set(p) & set(found)]
    if not hits:
        raise NarrationError(f"no changed line of {change.path} contains {needle!r}")
    # A line that was replaced may stand in one paragraph as removed and in another as added.
    moved = len(found) == 2 and {change.rows[n].kind for n in found} == {"-", "+"}
    if len(hits) > 1 and not moved:
        lines = " and ".join(_number(change, n) for n in found)
        raise NarrationError(f"{needle!r} stands in several places (at {lines}); quote more of the line")
    return sorted(n for p in hits for n in p)


def _symbol_rows(change: FileChange, what: str) -> list[int]:
    gone = what.startswith("-")
    name, side = what.lstrip("-"), "old" if gone else "new"
    table = _symbols_of(change, old=gone)
    if name not in table:
        where = "had" if gone else "has"
        if name in _symbols_of(change, old=not gone):
            when, right = ("yet", name) if gone else ("any more", f"-{name}")
            raise NarrationError(f"{change.path} {where} no {name} {when}; write {change.path}#{right}")
        raise NarrationError(f"{change.path} {where} no {name}{_did_you_mean(name, list(table))}")
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


def _symbols_of(change: FileChange, old: bool = False) -> Mapping[str, Symbol]:
    text = change.old_text if old else change.new_text
    if not change.path.endswith(".py") or text is None:
        return {}
    try:
        return symbols(text)
    except NotPython as error:
        raise NarrationError(f"{change.path}, {error}") from None


def _settle(claims: list[Claim]) -> dict[tuple[str, int], Claim]:
    def narrowness(claim: Claim) -> tuple[bool, int]:
        return claim.selector.endswith(f"#{REST}") or "#" not in claim.selector, len(claim.rows)

    owner: dict[tuple[str, int], Claim] = {}
    for claim in sorted(claims, key=narrowness):
        for n in claim.rows:
            if owner.setdefault((claim.change.path, n), claim) is claim:
                claim.owned.append(n)
    return owner


def _idle(claim: Claim, before: list[Claim]) -> str | None:
    if any(claim.change.rows[n].counts for n in claim.owned):
        return None
    twin = next((c for c in before if c.change is claim.change and c.rows == claim.rows), None)
    if twin:
        what = "it stands in two blocks" if twin.selector == claim.selector else f"{twin.selector} means the same lines"
        return f"{claim.selector}: {what}; a line is told once, so remove one of them"
    if not claim.change.counts:
        return None
    return f"{claim.selector}: narrower blocks show every line it means; remove it"


def _broken(change: FileChange, problems: list[str]) -> str | None:
    """A file that is no Python is a problem even where no selector looks into it."""
    try:
        _symbols_of(change)
    except NarrationError as error:
        return None if any(problem.endswith(str(error)) for problem in problems) else str(error)
    return None


def _forgotten(change: FileChange, owner: dict[tuple[str, int], Claim]) -> str | None:
    lost = [n for n, row in enumerate(change.rows) if row.counts and (change.path, n) not in owner]
    if not lost:
        return None
    lines = "; ".join(f"{_number(change, n)} {change.rows[n].text.strip()[:60]!r}" for n in lost[:3])
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return (
        f"{change.path}: {len(lost)} changed line(s) stand beside no prose: {lines}{more}. "
        f"Add a block: /// beside | {_suggestion(change, lost)}"
    )


def _number(change: FileChange, n: int) -> str:
    row = change.rows[n]
    return f"{row.kind.strip()}{row.new or row.old}"


def _suggestion(change: FileChange, lost: list[int]) -> str:
    """The narrowest selector that holds all lost lines: a symbol of what is, or of what was when all are gone."""
    gone = all(change.rows[n].kind == "-" for n in lost)
    try:
        table = _symbols_of(change, old=gone)
    except NarrationError:
        table = {}
    numbers = [change.rows[n].old if gone else change.rows[n].new for n in lost if gone or change.rows[n].new]
    fit = [
        (sum(last - first for first, last in symbol.spans), symbol)
        for symbol in table.values()
        if all(any(first <= (n or 0) <= last for first, last in symbol.spans) for n in numbers)
    ]
    best = min(fit, key=lambda pair: pair[0], default=(0, None))[1]
    if best:
        return f"{change.path}#{'-' if gone else ''}{best.name}"
    return f"{change.path}#{REST}" if len(change.rows) > MANY_LINES else change.path


def _did_you_mean(word: str, words: list[str]) -> str:
    near = difflib.get_close_matches(word, words, 1)
    return f"; did you mean {near[0]}?" if near else ""
