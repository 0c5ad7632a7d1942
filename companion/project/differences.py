"""Shows how a project differs from a stage, symbol by symbol, in the order of the stage's chapter."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from companion.chain.symbols import lines_of, symbols
from companion.project.edits import Hunk
from companion.project.index import Known
from companion.project.results import Place

NEAR = 2  # lines that are shown above and below a difference
EARLIER = -1  # the step of what earlier stages brought
Steps = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Difference:
    """What of one symbol (or one file that has none) differs: `rows` are the project's lines and the stage's.

    `step` is the step of the stage's chapter that shows it, counted from 0, and -1 for what an earlier stage brought.
    """

    place: Place
    symbol: str
    rows: tuple[str, ...]
    step: int

    def __str__(self) -> str:
        what = f"{self.symbol} in {self.place.file}" if self.symbol else self.place.file
        head = f"{what}, line {self.place.line}" if self.place.line else what
        return "\n".join([head, *(f"  {row}" for row in self.rows)])


def compare(known: Known, steps: Steps) -> list[Difference]:
    """What of the stage the project lacks or has differently; formatting, comments and docstrings do not count.

    What the project has beyond the stage is its own affair, and so are migrations, which a command writes.
    """
    found: dict[tuple[str, str], Difference] = {}
    for hunk in known.hunks:
        if hunk.name == "manage.py" or _own(hunk, known):
            continue
        key = hunk.file, hunk.lost or hunk.symbol
        earlier = found.get(key) or Difference(hunk.place, key[1], (), step_of(hunk, steps))
        found[key] = Difference(earlier.place, key[1], (*earlier.rows, *_rows(hunk, known)), earlier.step)
    return sorted(found.values(), key=lambda difference: difference.step)


def step_of(hunk: Hunk, steps: Steps) -> int:
    """The step of the stage's chapter that shows what a hunk is about; -1 for what an earlier stage brought."""
    name = "" if hunk.imports else hunk.lost or hunk.symbol
    while hunk.lost and name and (hunk.name, name) not in steps:
        name = name.rpartition(".")[0]
    return steps.get((hunk.name, name), EARLIER)


def _own(hunk: Hunk, known: Known) -> bool:
    """Whether it is something that the stage does not have at all: an import, a function, a class of the project."""
    python = hunk.name.endswith(".py")
    return hunk.kind == "extra" and (
        hunk.imports or python and hunk.symbol not in symbols(known.stage_files[hunk.name])
    )


def _rows(hunk: Hunk, known: Known) -> list[str]:
    mine = lines_of(known.files.get(hunk.file, ""))
    rows: list[str] = []
    for edit in hunk.edits:
        above, below = mine[max(edit.first - 1 - NEAR, 0) : edit.first - 1], mine[edit.last : edit.last + NEAR]
        old = [*above, *mine[edit.first - 1 : edit.last], *below]
        changed = difflib.unified_diff(old, [*above, *edit.lines, *below], n=NEAR, lineterm="")
        rows += [row for row in list(changed)[2:] if not row.startswith("@")]
    return rows
