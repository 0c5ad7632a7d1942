"""Says where the lines of a step go in the file as typed so far, in one of a few fixed phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from companion.chain.changes import FileChange, Row
from companion.chain.symbols import IMPORTS, Symbol, enclosing, inside, read_symbols

NEW_FILE = "new file"
IN_PARTS = "new file, shown in parts"
AT_THE_TOP = "at the top"
AT_THE_END = "at the end"
IN_THE_IMPORTS = "in the imports"
AFTER_IMPORTS = "after the imports"
REPLACES = "replaces the − lines"
REMOVED = "removed"
WHOLE = "the whole"
CONTEXT = 2  # lines shown above and below an edit


@dataclass(frozen=True, slots=True)
class Edit:
    """One place in a file that a step changes: the indexes of its `rows` in the change, and where they go.

    `whole` has the first and last row of the function, if the whole function is shown. That is the case if the step
    changes it in several places, or after a line that occurs twice.
    """

    rows: tuple[int, ...]
    place: str
    whole: tuple[int, int] | None = None


class TypedFile:
    """One changed file of a stage, at each step. `owner` maps each changed row to its step."""

    def __init__(self, change: FileChange, owner: Mapping[int, int]) -> None:
        self.change = change
        self.steps = _with_blanks(change, owner)

    def before(self, step: int) -> list[int]:
        """Returns the rows of the file after all steps before this one are typed."""
        rows = self.change.rows
        return [n for n, row in enumerate(rows) if row.kind == " " or (row.kind == "+") == (self.steps[n] < step)]

    def text(self, step: int) -> str | None:
        """Returns the text of the file after all steps before this one are typed, or None if it doesn't exist then."""
        lines = [self.change.rows[n].text for n in self.before(step)]
        if self.change.counts and None in (self.change.old_text, self.change.new_text) and not any(lines):
            return None
        return "".join(f"{line}\n" for line in lines)

    def edits(self, step: int) -> list[Edit]:
        """Returns the step's changes in this file, one for each place, from top to bottom."""
        hunks = self._hunks(step)
        around = [self._around(step, hunk) for hunk in hunks]
        kept = self.before(step + 1)
        wholes = {
            symbol: (kept[symbol.first - 1], kept[symbol.last - 1])
            for hunk, symbol in zip(hunks, around, strict=True)
            if symbol and (around.count(symbol) > 1 or not self._place(step, hunk))
        }
        found: dict[object, Edit] = {}
        for hunk in hunks:
            # A hunk that starts at the first line of such a function belongs to it too.
            new = [n for n in hunk if self.change.rows[n].kind == "+"] or hunk
            around_it = (s for s, (first, last) in wholes.items() if all(first <= n <= last for n in new))
            if symbol := next(around_it, None):
                rows = (*(found[symbol].rows if symbol in found else ()), *hunk)
                ends = min(wholes[symbol][0], *rows), max(wholes[symbol][1], *rows)
                found[symbol] = Edit(rows, f"{WHOLE} {_called(symbol)}", ends)
            else:
                found[hunk[0]] = Edit(tuple(hunk), self._place(step, hunk))
        return list(found.values())

    def shown(self, step: int, edit: Edit) -> tuple[Row, ...]:
        """Returns the rows of an edit with the lines around it, as they are in the file when it is typed."""
        rows, old, new = self.change.rows, self.before(step), self.before(step + 1)
        first, last = edit.whole or (edit.rows[0], edit.rows[-1])
        while self.steps.get(last + 1) == step and rows[last + 1].changed and not rows[last + 1].text.strip():
            last += 1  # the blank line between these lines and those below
        middle = (n for n in sorted({*old, *new}) if first <= n <= last)
        shown = [rows[n] if self.steps[n] == step else _unchanged(rows[n]) for n in middle]
        if not edit.whole:
            above = [_unchanged(rows[n]) for n in new if n < first][-CONTEXT:]
            below = [_unchanged(rows[n]) for n in old if n > last][:CONTEXT]
            shown = [*above, *shown, *below]
        while shown and not shown[0].text.strip():
            shown.pop(0)
        while shown and not shown[-1].text.strip():
            shown.pop()
        return tuple(shown)

    def with_blanks(self, edit: Edit) -> set[int]:
        """Returns the rows of an edit and the changed blank lines above each."""
        rows = self.change.rows
        kept = set(edit.rows)
        for n in edit.rows:
            while (n := n - 1) >= 0 and rows[n].changed and not rows[n].text.strip():
                kept.add(n)
        return kept

    def _hunks(self, step: int) -> list[list[int]]:
        """Returns the rows of the step, grouped so that no other line is between the rows of a group."""
        rows = self.change.rows
        hunks: list[list[int]] = []
        apart = True
        for n in sorted({*self.before(step), *self.before(step + 1)}):
            if not rows[n].text.strip():
                continue
            mine = rows[n].changed and self.steps[n] == step
            if mine and apart:
                hunks.append([])
            if mine:
                hunks[-1].append(n)
            apart = not mine
        return hunks

    def _place(self, step: int, hunk: Sequence[int]) -> str:
        """Returns where a hunk goes, or "" if no phrase describes it unambiguously."""
        rows = self.change.rows
        kinds = {rows[n].kind for n in hunk}
        if "-" in kinds:
            return REPLACES if "+" in kinds else REMOVED
        there = [n for n in self.before(step) if rows[n].text.strip()]
        above = [n for n in there if n < hunk[0]]
        table = read_symbols(self.change.path, self.text(step))
        if not there:
            whole = all(self.steps[n] == step for n, row in enumerate(rows) if row.counts)
            return NEW_FILE if whole else IN_PARTS
        if not above:
            return AT_THE_TOP
        if IMPORTS in table and _are_imports([rows[n].text for n in hunk]):
            return IN_THE_IMPORTS
        after = self._ending(step, table, above[-1], rows[hunk[0]].text)
        if above[-1] == there[-1] and (after or not _depth(rows[hunk[0]].text)):
            return AT_THE_END
        if after:
            return AFTER_IMPORTS if after.name == IMPORTS else f"after {_code(after)}"
        line = self.before(step).index(above[-1]) + 1
        around = enclosing(table, line)
        if (
            around
            and around.kind == "class"
            and not any(s.parent == around.name and s.first <= line for s in table.values())
        ):
            return f"{'at the end' if around.last == line else 'after the docstring'} of class `{around.name}`"
        text = rows[above[-1]].text.strip()
        return f"after the line `{text}`" if sum(rows[n].text.strip() == text for n in there) == 1 else ""

    def _ending(self, step: int, table: Mapping[str, Symbol], row: int, text: str) -> Symbol | None:
        """Returns the symbol that ends at this row and is indented like the text that follows, or None."""
        rows, kept = self.change.rows, self.before(step)
        found = (symbol for symbol in table.values() if kept[symbol.last - 1] == row)
        return next((s for s in found if _depth(rows[kept[s.first - 1]].text) == _depth(text)), None)

    def _around(self, step: int, hunk: Sequence[int]) -> Symbol | None:
        """Returns the function or value that contains the whole hunk, both before and after the step, or None."""
        found = []
        for kept in (self.before(step + 1), self.before(step)):
            table = read_symbols(self.change.path, "\n".join(self.change.rows[n].text for n in kept))
            lines = [line for line, n in enumerate(kept, 1) if n in hunk]
            text = [line for line, n in enumerate(kept, 1) if n < hunk[0] and self.change.rows[n].text.strip()]
            lines = lines or text[-1:]
            around = {enclosing(table, line) or inside(table, line) for line in lines}
            found += [symbol for symbol in around if not symbol or symbol.kind != "class"] or [None]
        names = {symbol.name if symbol else "" for symbol in found}
        return found[0] if len(names) == 1 else None


def _with_blanks(change: FileChange, owner: Mapping[int, int]) -> dict[int, int]:
    """Maps each row to its step. A blank line belongs to the changed line below it, or else above it."""
    rows = change.rows
    steps = {n: owner.get(n, 0) for n, row in enumerate(rows) if row.counts or row.kind == " "}
    for n in (n for n in range(len(rows)) if n not in steps):
        below = next((m for m in range(n, len(rows)) if rows[m].text.strip()), None)
        above = next((m for m in range(n, -1, -1) if rows[m].text.strip()), None)
        beside = [m for m in (below, above) if m is not None and rows[m].changed]
        steps[n] = owner.get(beside[0], 0) if beside else max(owner.values(), default=0)
    return steps


def _called(symbol: Symbol) -> str:
    return f"{'function' if symbol.kind == 'function' else 'value of'} {_code(symbol)}"


def _code(symbol: Symbol) -> str:
    return f"`{symbol.name.rpartition('.')[2]}`" + (f" in class `{symbol.parent}`" if symbol.parent else "")


def _are_imports(lines: Sequence[str]) -> bool:
    heads = [line for line in lines if not line.startswith((" ", ")"))]
    return lines[0] in heads and all(line.startswith(("import ", "from ")) for line in heads)


def _unchanged(row: Row) -> Row:
    return replace(row, kind=" ", mate=None)


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip())
