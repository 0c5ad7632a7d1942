"""One difference between a project and a stage, and the edits that take it away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from companion.chain.symbols import IMPORTS, lines_of
from companion.project.results import Place


@dataclass(frozen=True, slots=True)
class Swap:
    """Lines `first` to `last` of a file of the project, and the lines of the stage to put in their place.

    `last` is `first - 1` where lines are only added above `first`.
    """

    first: int
    last: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hunk:
    """One difference: `edits` turn the project's lines into those of the stage.

    `name` is the stage's name for the file. `kind` is "changed", "missing", "extra", "depth" or "moved"; of a file as
    a whole "no file" or "extra file". `mine` and `theirs` are the words that differ; `statement` is the stage's line.
    `symbol` is what the stage defines there, and `lost` the class or function that is missing as a whole. `before`
    says that the project still has what the stage before has, and `block` that more differs than the line at `place`.
    """

    place: Place
    name: str
    symbol: str
    kind: str
    mine: str
    theirs: str
    statement: str
    edits: tuple[Swap, ...]
    lost: str = ""
    before: bool = False
    last: int = 0
    block: bool = False

    @property
    def file(self) -> str:
        """The project's file."""
        return self.place.file

    @property
    def imports(self) -> bool:
        """Whether it is only about imports."""
        return self.symbol == IMPORTS


def apply(chosen: Iterable[Hunk], files: Mapping[str, str]) -> dict[str, str]:
    """The files of the project that these hunks change, with their new text."""
    changed: dict[str, list[Swap]] = {}
    for hunk in chosen:
        changed.setdefault(hunk.theirs if hunk.kind == "renamed" else hunk.file, []).extend(hunk.edits)
    found = {}
    for file, edits in changed.items():
        lines = lines_of(files.get(file, ""))
        # From the bottom up; of what is added in one place, the last comes first, and the others above it.
        unique = reversed(dict.fromkeys(edits))
        for edit in sorted(unique, key=lambda each: (each.first, each.last), reverse=True):
            lines[edit.first - 1 : edit.last] = edit.lines
        found[file] = "\n".join(lines) + "\n"
    return found
