"""Defines one difference between a project and a stage, and the edits that remove it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from companion.chain.symbols import IMPORTS, lines_of
from companion.project.results import Place

Texts = Mapping[str, str]  # the text of each file, by its path


@dataclass(frozen=True, slots=True)
class Swap:
    """Replaces lines `first` to `last` of the project's file by `lines` of the stage.

    To insert `lines` above line `first`, `last` is `first - 1`.
    """

    first: int
    last: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hunk:
    """One difference: `edits` turn the project's lines into those of the stage.

    `name` is the path of the file in the stage. `kind` is "changed", "missing", "extra", "depth", "decorator" or
    "moved", or for a whole file "no file" or "renamed". `mine` and `theirs` are the words that differ; `statement` is
    the stage's line. `symbol` is what the stage defines there; `lost` is the class or function that is missing
    completely. `before` is true if the project still has the code of the previous stage; `block` if more differs than
    the line at `place`.
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
        """Returns the path of the project's file."""
        return self.place.file

    @property
    def imports(self) -> bool:
        """Returns whether only imports differ."""
        return self.symbol == IMPORTS


def apply(chosen: Iterable[Hunk], files: Texts) -> dict[str, str]:
    """Returns the new text of each file that the chosen hunks change."""
    changed: dict[str, list[Swap]] = {}
    for hunk in chosen:
        changed.setdefault(hunk.theirs if hunk.kind == "renamed" else hunk.file, []).extend(hunk.edits)
    found = {}
    for file, edits in changed.items():
        lines = lines_of(files.get(file, ""))
        # Edits are applied from the bottom up, so that line numbers stay valid. Of several insertions at one line, the
        # last is applied first, so that the others end up above it.
        for edit in sorted(reversed(dict.fromkeys(edits)), key=lambda each: (each.first, each.last), reverse=True):
            lines[edit.first - 1 : edit.last] = edit.lines
        found[file] = "\n".join(lines) + "\n"
    return found
