"""Shows how a project differs from a stage, symbol by symbol, in the order of the stage's chapter."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from companion.chain.symbols import lines_of, read_symbols
from companion.project.edits import Hunk, Texts
from companion.project.index import Known
from companion.project.results import Place

NEAR = 2  # lines of context above and below a difference
EARLIER = -1  # the step of code that earlier stages added
Key = tuple[str, str]  # a file of the stage, and a symbol in it or ""
Steps = Mapping[Key, int]


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
        what = f"{self.symbol} in {self.place}" if self.symbol else str(self.place)
        return "\n".join([what, *(f"  {row}" for row in self.rows)])


def compare(known: Known, steps: Steps) -> list[Difference]:
    """Returns what the project lacks or has changed, compared with the stage, ordered by step.

    Formatting, comments and docstrings are ignored. So are things that only the project has, and migrations.
    """
    found: dict[Key, list[Hunk]] = {}
    for hunk in known.hunks:
        table = read_symbols(hunk.name, known.stage_files[hunk.name])
        own = hunk.kind == "extra" and (hunk.imports or bool(table) and hunk.symbol not in table)
        if hunk.name != "manage.py" and not own:
            found.setdefault((hunk.file, hunk.lost or hunk.symbol), []).append(hunk)
    differences = [
        Difference(hunks[0].place, symbol, _rows(hunks, known.files), step_of(hunks[0], steps))
        for (_, symbol), hunks in found.items()
    ]
    return sorted(differences, key=lambda difference: difference.step)


def step_of(hunk: Hunk, steps: Steps) -> int:
    """Returns the step of the stage's chapter that shows this code, or -1 if an earlier stage added it."""
    name = "" if hunk.imports else hunk.lost or hunk.symbol
    while hunk.lost and name and (hunk.name, name) not in steps:
        name = name.rpartition(".")[0]
    return steps.get((hunk.name, name), EARLIER)


def _rows(hunks: list[Hunk], files: Texts) -> tuple[str, ...]:
    mine = lines_of(files.get(hunks[0].file, ""))
    rows: list[str] = []
    for edit in (edit for hunk in hunks for edit in hunk.edits):
        above, below = mine[max(edit.first - 1 - NEAR, 0) : edit.first - 1], mine[edit.last : edit.last + NEAR]
        old = [*above, *mine[edit.first - 1 : edit.last], *below]
        changed = difflib.unified_diff(old, [*above, *edit.lines, *below], n=NEAR, lineterm="")
        rows += [row for row in list(changed)[2:] if not row.startswith("@")]
    return tuple(rows)
