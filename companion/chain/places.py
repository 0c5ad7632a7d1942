"""Says where the lines of a step go in the file as typed so far, in one of a few fixed phrases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from companion.chain.changes import FileChange, Row
from companion.chain.symbols import IMPORTS, Symbol, enclosing, read_symbols

WHOLE = "the whole"
CONTEXT = 2  # lines shown above and below an edit


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

    def edits(self, step: int) -> Iterator[tuple[set[int], str, tuple[Row, ...]]]:
        """Yields the step's changes from top to bottom: the indexes of their rows, where they go, and what is shown.

        The rows are shown with the lines around them, as they are in the file when they are typed: with the whole
        function, if the step changes it in several places, or after a line that occurs twice.
        """
        hunks = self._hunks(step)
        around = [self._around(step, hunk) for hunk in hunks]
        kept = self.before(step + 1)
        wholes = {
            symbol: (kept[symbol.first - 1], kept[symbol.last - 1])
            for hunk, symbol in zip(hunks, around, strict=True)
            if symbol and (around.count(symbol) > 1 or not self._place(step, hunk))
        }
        found: dict[Symbol | int, list[int]] = {}
        for hunk in hunks:
            # A hunk that starts at the first line of such a function belongs to it too.
            new = [n for n in hunk if self.change.rows[n].kind == "+"] or hunk
            around_it = (s for s, (first, last) in wholes.items() if all(first <= n <= last for n in new))
            found.setdefault(next(around_it, hunk[0]), []).extend(hunk)
        for symbol, rows in found.items():
            place, first, last, context = self._place(step, rows), rows[0], rows[-1], CONTEXT
            if isinstance(symbol, Symbol):
                place = f"{WHOLE} {'function' if symbol.kind == 'function' else 'value of'} {_code(symbol)}"
                first, last, context = min(wholes[symbol][0], *rows), max(wholes[symbol][1], *rows), 0
            yield self._with_blanks_above(rows), place, self._shown(step, first, last, context)

    def _shown(self, step: int, first: int, last: int, context: int) -> tuple[Row, ...]:
        """Returns these rows and the lines around them, as they are in the file when the step is typed."""
        rows, old, new = self.change.rows, self.before(step), self.before(step + 1)
        while self.steps.get(last + 1) == step and rows[last + 1].changed and not rows[last + 1].text.strip():
            last += 1  # the blank line between these lines and those below
        above, below = [n for n in new if n < first], [n for n in old if n > last][:context]
        middle = [n for n in sorted({*old, *new}) if first <= n <= last]
        kept = [*above[max(len(above) - context, 0) :], *middle, *below]
        mine = {n for n in middle if self.steps[n] == step}
        shown = [rows[n] if n in mine else replace(rows[n], kind=" ", mate=None) for n in kept]
        told = [n for n, row in enumerate(shown) if row.text.strip()]
        return tuple(shown[told[0] : told[-1] + 1]) if told else ()

    def _with_blanks_above(self, numbers: list[int]) -> set[int]:
        """Returns these rows and the changed blank lines above each."""
        rows, kept = self.change.rows, set(numbers)
        for n in numbers:
            while (n := n - 1) >= 0 and rows[n].changed and not rows[n].text.strip():
                kept.add(n)
        return kept

    def _hunks(self, step: int) -> list[list[int]]:
        """Returns the rows of the step, grouped so that no other line is between the rows of a group."""
        rows = self.change.rows
        lines = [n for n in sorted({*self.before(step), *self.before(step + 1)}) if rows[n].text.strip()]
        groups = groupby(lines, key=lambda n: rows[n].changed and self.steps[n] == step)
        return [list(group) for mine, group in groups if mine]

    def _place(self, step: int, hunk: Sequence[int]) -> str:
        """Returns where a hunk goes, or "" if no phrase describes it unambiguously."""
        rows = self.change.rows
        kinds = {rows[n].kind for n in hunk}
        if "-" in kinds:
            return "replaces the − lines" if "+" in kinds else "removed"
        kept, depth = self.before(step), _depth(rows[hunk[0]].text)
        there = [n for n in kept if rows[n].text.strip()]
        above = [n for n in there if n < hunk[0]]
        table = read_symbols(self.change.path, self.text(step))
        if not there:
            whole = all(self.steps[n] == step for n, row in enumerate(rows) if row.counts)
            return "new file" if whole else "new file, shown in parts"
        if not above:
            return "at the top"
        heads = [rows[n].text for n in hunk if n == hunk[0] or not rows[n].text.startswith((" ", ")"))]
        if IMPORTS in table and all(head.startswith(("import ", "from ")) for head in heads):
            return "in the imports"
        # The symbol that ends right above, and is indented like the lines that follow.
        ending = (symbol for symbol in table.values() if kept[symbol.last - 1] == above[-1])
        after = next((s for s in ending if _depth(rows[kept[s.first - 1]].text) == depth), None)
        if above[-1] == there[-1] and (after or not depth):
            return "at the end"
        if after:
            return "after the imports" if after.name == IMPORTS else f"after {_code(after)}"
        line = kept.index(above[-1]) + 1
        around = enclosing(table, line)
        members = [s for s in table.values() if around and s.parent == around.name and s.first <= line]
        if around and around.kind == "class" and not members:
            return f"{'at the end' if around.last == line else 'after the docstring'} of class `{around.name}`"
        text = rows[above[-1]].text.strip()
        return f"after the line `{text}`" if sum(rows[n].text.strip() == text for n in there) == 1 else ""

    def _around(self, step: int, hunk: Sequence[int]) -> Symbol | None:
        """Returns the function or value that contains the whole hunk, both before and after the step, or None."""
        found = []
        for kept in (self.before(step + 1), self.before(step)):
            table = read_symbols(self.change.path, "\n".join(self.change.rows[n].text for n in kept))
            lines = [line for line, n in enumerate(kept, 1) if n in hunk]
            text = [line for line, n in enumerate(kept, 1) if n < hunk[0] and self.change.rows[n].text.strip()]
            around = {enclosing(table, line) or enclosing(table, line, ["name"]) for line in lines or text[-1:]}
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


def _code(symbol: Symbol) -> str:
    return f"`{symbol.name.rpartition('.')[2]}`" + (f" in class `{symbol.parent}`" if symbol.parent else "")


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip())
