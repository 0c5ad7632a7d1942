"""Computes how a stage differs from the previous one, by file and line, without Markdown or HTML."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from companion.chain.stages import Stage, files
from companion.chain.symbols import lines_of

CONFLICT = re.compile(r"^(?:<<<<<<<|>>>>>>>) .*$", re.MULTILINE)  # not =======, which can also underline a heading
SIMILAR = 0.6  # share of equal lines (or characters) from which a file counts as renamed (or a line as rewritten)


@dataclass(slots=True)
class Row:
    """One line of a diff: `kind` is "+", "-" or " "; `old` and `new` are its line numbers, counted from 1.

    `mate` is the text of the line that replaces this one or that this one replaces.
    """

    kind: str
    old: int | None
    new: int | None
    text: str
    mate: str | None = None

    @property
    def changed(self) -> bool:
        return self.kind != " "

    @property
    def counts(self) -> bool:
        """Returns whether a chapter must show the line: it has changed and is not blank."""
        return self.changed and bool(self.text.strip())


@dataclass
class FileChange:
    """One file that differs. `old_text` is None for an added file, `new_text` for a removed one.

    `old_path` is the former path of a renamed file. A `binary` file has no rows.
    """

    path: str
    old_text: str | None
    new_text: str | None
    old_path: str | None = None
    binary: bool = False
    rows: tuple[Row, ...] = ()

    @property
    def status(self) -> str:
        if self.old_path:
            return "renamed"
        if self.old_text is None:
            return "added"
        return "removed" if self.new_text is None else "changed"

    @property
    def counts(self) -> bool:
        """Returns whether a chapter must show the file: not if it is empty, binary or only renamed."""
        return any(row.counts for row in self.rows)

    @property
    def added(self) -> int:
        return sum(row.kind == "+" for row in self.rows)

    @property
    def removed(self) -> int:
        return sum(row.kind == "-" for row in self.rows)


@dataclass
class StageChanges:
    """All changes of a stage: `files` has the changed files by path, `tree` the paths of all files."""

    stage: Stage
    previous: Stage | None
    files: dict[str, FileChange]
    tree: list[str]


def changes(stage: Stage, previous: Stage | None) -> StageChanges:
    """Compares a stage with the previous one; with `previous` None, everything is new."""
    old, new = ({name: path.read_bytes() for name, path in files(each).items()} for each in (previous, stage))
    differ = [path for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
    found = {path: _compare(path, old.get(path), new.get(path)) for path in differ}
    _find_renames(found)
    return StageChanges(stage, previous, dict(sorted(found.items())), sorted(new))


def _compare(path: str, old: bytes | None, new: bytes | None) -> FileChange:
    try:
        before, after = (None if side is None else side.decode() for side in (old, new))
    except UnicodeDecodeError:
        before, after = (None if side is None else "" for side in (old, new))
        return FileChange(path, before, after, binary=True)
    return FileChange(path, before, after, rows=diff(before or "", after or ""))


def _find_renames(found: dict[str, FileChange]) -> None:
    """Replaces each removed file and the added file most similar to it by one renamed file."""
    added = [change for change in found.values() if change.status == "added" and change.new_text]
    for gone in [change for change in found.values() if change.status == "removed" and change.old_text]:
        best = max(added, key=lambda come: _likeness(gone, come), default=None)
        if best and _likeness(gone, best) > SIMILAR:
            added.remove(best)
            del found[gone.path]
            rows = diff(gone.old_text or "", best.new_text or "")
            found[best.path] = FileChange(best.path, gone.old_text, best.new_text, gone.path, rows=rows)


def _likeness(gone: FileChange, come: FileChange) -> float:
    old, new = lines_of(gone.old_text or ""), lines_of(come.new_text or "")
    return difflib.SequenceMatcher(None, old, new, autojunk=False).ratio()


@lru_cache(maxsize=1024)
def diff(old: str, new: str) -> tuple[Row, ...]:
    """Returns the rows of a diff of two texts, line by line; line endings (LF, CRLF, none) are ignored."""
    before, after = lines_of(old), lines_of(new)
    rows: list[Row] = []
    i = j = 0
    for i1, i2, j1, j2 in [*_ranges(before, after), (len(before), len(before), len(after), len(after))]:
        rows += [Row(" ", i + n + 1, j + n + 1, after[j + n]) for n in range(j1 - j)]
        gone = [Row("-", n + 1, None, before[n]) for n in range(i1, i2)]
        come = [Row("+", None, n + 1, after[n]) for n in range(j1, j2)]
        for a, b in zip(gone, come, strict=False):
            if difflib.SequenceMatcher(None, a.text, b.text, autojunk=False).ratio() > SIMILAR:
                a.mate, b.mate = b.text, a.text
        rows += gone + come
        i, j = i2, j2
    return tuple(rows)


def _ranges(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yields which lines old[i1:i2] become new[j1:j2]; insertions and deletions are moved to where people see them."""
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    end = 0
    for n, (tag, i1, i2, j1, j2) in enumerate(codes):
        if tag == "equal":
            continue
        below = codes[n + 1][2] - i2 if n + 1 < len(codes) else 0
        side, first, stop = (new, j1, j2) if tag == "insert" else (old, i1, i2)
        shift = _best_shift(side, first, stop, i1 - end, below) if tag != "replace" else 0
        yield i1 + shift, i2 + shift, j1 + shift, j2 + shift
        end = i2 + shift


def _best_shift(lines: list[str], first: int, stop: int, above: int, below: int) -> int:
    """Returns by how many lines to move `lines[first:stop]`, so that it begins with a definition.

    It can move up while the line above equals its last line, and down while the line below equals its first line.
    `above` and `below` are the numbers of unchanged lines on each side.
    """

    def cost(shift: int) -> tuple[int, int]:
        moved = range(first + shift, stop + shift)
        at = next((n for n in moved if lines[n].strip()), moved[-1])
        indent = len(lines[at]) - len(lines[at].lstrip())
        inside = 4 if at > 0 and lines[at - 1].strip() else 0
        return indent + inside + (at > moved[0]), abs(shift)

    up = next((n for n in range(above) if lines[first - n - 1] != lines[stop - n - 1]), above)
    down = next((n for n in range(below) if lines[first + n] != lines[stop + n]), below)
    return min(range(-up, down + 1), key=cost)


def conflicts(text: str) -> list[int]:
    """Returns the line numbers of conflict markers that a merge has left."""
    return [text.count("\n", 0, marker.start()) + 1 for marker in CONFLICT.finditer(text)]
