"""Assigns every changed line of a stage to one block of its chapter, and reports lines that no block shows."""

import difflib
from collections.abc import Iterator

from companion.chain.changes import FileChange, StageChanges, conflicts
from companion.chain.selectors import MANY_LINES, REST, Claim, NarrationError, read_claim, row_number, symbols_of
from companion.chain.symbols import NotPython, read_symbols

CONFLICT = "a conflict marker. Keep the right lines, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>"
Problem = tuple[str, int | None]  # what to write instead, and the step; without a step, it begins with a file and line


def narrate(stage: StageChanges, wanted: list[tuple[int, str]]) -> tuple[list[Claim], list[Problem]]:
    """Assigns every changed line to the narrowest selector that includes it.

    `wanted` has pairs of a step's number and a selector, in the chapter's order. Returns the claims in that order, and
    the problems. A chapter is right if each non-blank changed line belongs to exactly one claim, and each claim has at
    least one line. A problem that only follows from another problem of the same file is not reported.
    """
    claims: list[Claim] = []
    problems: list[Problem] = [(text, None) for change in stage.files.values() for text in _unreadable(stage, change)]
    # If the previous stage has conflict markers, its own chapter reports them.
    unreadable = {
        p for p, change in stage.files.items() if any(_unreadable(stage, change)) or conflicts(change.old_text or "")
    }
    wrong = set(unreadable)
    for step, selector in wanted:
        try:
            claims.append(read_claim(stage, step, selector))
        except (NarrationError, NotPython) as error:
            path = selector.partition("#")[0]
            problems += [(f"{selector}: {error}", step)] if path not in unreadable else []
            wrong |= {path, *difflib.get_close_matches(path, stage.files, 1)}
    owned: set[tuple[str, int]] = set()
    for claim in sorted(claims, key=lambda claim: (claim.is_wide, len(claim.rows))):
        claim.owned += [n for n in claim.rows if (claim.change.path, n) not in owned]
        owned |= {(claim.change.path, n) for n in claim.rows}
    for n, claim in enumerate(claims):
        if claim.change.path not in wrong and (text := _idle(claim, claims[:n])):
            problems.append((text, claim.step))
    for path, change in stage.files.items():
        lost = [n for n, row in enumerate(change.rows) if row.counts and (path, n) not in owned]
        if lost and path not in wrong:
            problems.append((_forgotten(stage, change, lost), None))
    return claims, problems


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
        except NotPython as error:
            yield f"{path}, {error}"


def _forgotten(stage: StageChanges, change: FileChange, lost: list[int]) -> str:
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
    table = read_symbols(change.path, change.old_text if gone else change.new_text)
    numbers = [number for n in lost if (number := change.rows[n].old if gone else change.rows[n].new)]
    fit = [s for s in table.values() if all(s.includes(number) for number in numbers)]
    best = min(fit, key=lambda symbol: sum(last - first for first, last in symbol.spans), default=None)
    if best:
        return f"{change.path}#{'-' if gone else ''}{best.name}"
    return f"{change.path}#{REST}" if len(change.rows) > MANY_LINES else change.path
