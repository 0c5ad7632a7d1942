"""Shows how a project differs from a stage, symbol by symbol, in the order of the stage's chapter."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from companion.chain.symbols import lines_of, symbols
from companion.project.edits import Hunk
from companion.project.index import Known
from companion.project.results import Place

NEAR = 2  # lines of context above and below a difference
EARLIER = -1  # the step of code that earlier stages added
Steps = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences in one symbol, or in a file without symbols: `rows` are the lines of both sides, as a diff.

    `step` is the step of the stage's chapter that shows it, counted from 0, or -1 if an earlier stage added it.
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
    """Returns what the project lacks or has changed, compared with the stage, ordered by step.

    Formatting, comments and docstrings are ignored. So are things that only the project has, and migrations.
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
    """Returns the step of the stage's chapter that shows this code, or -1 if an earlier stage added it."""
    name = "" if hunk.imports else hunk.lost or hunk.symbol
    while hunk.lost and name and (hunk.name, name) not in steps:
        name = name.rpartition(".")[0]
    return steps.get((hunk.name, name), EARLIER)


def _own(hunk: Hunk, known: Known) -> bool:
    """Returns whether only the project has this import, function or class."""
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
