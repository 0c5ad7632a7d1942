"""Assigns every changed line of a stage to one block of its chapter, and reports lines that no block shows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import NamedTuple

from companion.chain.changes import FileChange, StageChanges, conflicts
from companion.chain.selectors import MANY_LINES, REST, Claim, NarrationError, read_claim, row_number, symbols_of

CONFLICT = "a conflict marker. Keep the right lines, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>"


class Problem(NamedTuple):
    """What is wrong in `step` and what to write instead; if `step` is None, `text` begins with a file and line."""

    text: str
    step: int | None = None


def narrate(stage: StageChanges, wanted: list[tuple[int, str]]) -> tuple[list[Claim], list[Problem]]:
    """Assigns every changed line to the narrowest selector that includes it.

    `wanted` has pairs of a step's number and a selector, in the chapter's order. Returns the claims in that order, and
    the problems. A chapter is right if each non-blank changed line belongs to exactly one claim, and each claim has at
    least one line. A problem that only follows from another problem of the same file is not reported.
    """
    claims: list[Claim] = []
    problems = [Problem(text) for change in stage.files.values() for text in _unreadable(stage, change)]
    # If the previous stage has conflict markers, its own chapter reports them.
    wrong = {
        p for p, change in stage.files.items() if any(_unreadable(stage, change)) or conflicts(change.old_text or "")
    }
    unreadable = frozenset(wrong)
    for step, selector in wanted:
        try:
            claims.append(read_claim(stage, step, selector))
        except NarrationError as error:
            path = selector.partition("#")[0]
            problems += [Problem(f"{selector}: {error}", step)] if path not in unreadable else []
            wrong |= {path, *difflib.get_close_matches(path, stage.files, 1)}
    owner = _settle(claims)
    problems += [
        Problem(text, claim.step)
        for n, claim in enumerate(claims)
        if claim.change.path not in wrong and (text := _idle(claim, claims[:n]))
    ]
    readable = [change for path, change in stage.files.items() if path not in wrong]
    problems += [Problem(text) for change in readable if (text := _forgotten(stage, change, owner))]
    return claims, problems


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


def _unreadable(stage: StageChanges, change: FileChange) -> Iterator[str]:
    """Yields why a file can't be read: its conflict markers, or else the line that is not valid Python."""
    path = f"{stage.stage.folder}/{change.path}"
    found = conflicts(change.new_text or "")
    for line in found:
        yield f"{path}, line {line}: {CONFLICT}"
    if not found:
        try:
            symbols_of(change)
        except NarrationError as error:
            yield f"{path}, {error}"


def _forgotten(stage: StageChanges, change: FileChange, owner: dict[tuple[str, int], Claim]) -> str | None:
    lost = [n for n, row in enumerate(change.rows) if row.counts and (change.path, n) not in owner]
    if not lost:
        return None
    first = next((n for n in lost if change.rows[n].new), lost[0])
    side = stage.stage if change.rows[first].new or not stage.previous else stage.previous
    path = change.path if side is stage.stage else change.old_path or change.path
    lines = "; ".join(f"{row_number(change, n)} {change.rows[n].text.strip()[:60]!r}" for n in lost[:3])
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    what = "changed line is" if len(lost) == 1 else "changed lines are"
    place = f"{side.folder}/{path}, line {change.rows[first].new or change.rows[first].old}"
    return (
        f"{place}: {len(lost)} {what} in no block of the chapter: {lines}{more}. "
        f"Add a block: /// beside | {_suggestion(change, lost)}"
    )


def _suggestion(change: FileChange, lost: list[int]) -> str:
    """Returns the narrowest selector that includes all lost lines; if all are removed, it names an old symbol."""
    gone = all(change.rows[n].kind == "-" for n in lost)
    try:
        table = symbols_of(change, old=gone)
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
