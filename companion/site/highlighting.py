"""Turns lines of code into HTML, highlighted by Pygments in the context of the whole file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache, partial
from html import escape
from itertools import groupby

from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

from companion.chain.changes import FileChange, Row

Piece = tuple[str, str]  # a CSS class of Pygments ("" for none) and its text
QUIET = {"w", "p", "n"}  # white space, punctuation and plain names are not coloured
SHORT = 34  # characters that fit on a phone; a longer line can wrap, and continues at its own indentation
BREAKABLE = re.compile(r"(?<=[.(\[,=/])(?=[^\s)\]])")  # where a long line can be broken
BREAK = "\N{ZERO WIDTH SPACE}"  # stands in for <wbr> until the text is escaped
_text = partial(escape, quote=False)
RUNS = {"+": ("ins", "Added"), "-": ("del", "Removed"), " ": ("span", "Unchanged")}


def line(change: FileChange, row: Row, ident: str = "", before: Row | None = None, new: bool = False) -> str:
    """Returns a row as a `<span>`; `ident` becomes its id, and `new` marks it as added.

    The line number is in a style, except if the row follows `before` directly: then CSS counts on, which makes a long
    page a tenth smaller.
    """
    side = change.old_text if row.new is None else change.new_text
    number = _number(row)
    pieces = _pieces(change.path, side or "")[number - 1]
    attribute = f' id="{ident}"' if ident else ""
    style = [] if before and number == _number(before) + 1 else [f"counter-set:line {number}"]
    if len(row.text) > SHORT:
        style.append(f"--indent:{len(row.text) - len(row.text.lstrip())}")
        pieces = _breakable(pieces) if row.mate is None else pieces
    attribute += f' style="{";".join(style)}"' if style else ""
    return f'<span class="rd-line{" rd-new" if new else ""}"{attribute}>{_html(pieces, _reworded(row))}\n</span>'


def _number(row: Row) -> int:
    """Returns the line number of a row in the new file, or in the old file if the row is removed."""
    number = row.old if row.new is None else row.new
    assert number is not None
    return number


def runs(change: FileChange, rows: Sequence[Row], idents: dict[int, str]) -> str:
    """Returns rows as `<ins>`, `<del>` and `<span>` runs, each with a hidden text for screen readers.

    `idents` maps `id(row)` to the HTML id of the row.
    """
    out: list[str] = []
    for kind, together in groupby(rows, lambda row: row.kind):
        group = list(together)
        tag, word = RUNS[kind]
        pairs = zip(group, [None, *group], strict=False)
        lines = "".join(line(change, row, idents.get(id(row), ""), before) for row, before in pairs)
        head = f'<span class="rd-hidden">{word}, {line_numbers(group)}: </span>'
        out.append(f'<{tag} class="rd-run">{head}{lines}</{tag}>')
    return "".join(out)


def line_numbers(rows: Sequence[Row]) -> str:
    """Returns the line numbers of the rows in words, such as "line 3" or "lines 3 to 8"."""
    first, last = rows[0].new or rows[0].old, rows[-1].new or rows[-1].old
    return f"line {first}" if first == last else f"lines {first} to {last}"


@lru_cache(maxsize=512)
def _pieces(path: str, content: str) -> list[list[Piece]]:
    """Returns each line as Pygments tokens; the whole file is read, so that docstrings are recognized."""
    try:
        lexer = get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False, ensurenl=False)
    lines: list[list[Piece]] = [[]]
    for kind, value in lexer.get_tokens(content):
        css = next(STANDARD_TYPES[ancestor] for ancestor in reversed(kind.split()) if ancestor in STANDARD_TYPES)
        css = "" if css in QUIET else css
        first, *rest = value.split("\n")
        if lines[-1] and lines[-1][-1][0] == css:  # neighbours of one colour are joined, so the page is smaller
            first = lines[-1].pop()[1] + first
        lines[-1].append((css, first))
        lines += [[(css, part)] for part in rest]
    return lines


def _breakable(pieces: list[Piece]) -> list[Piece]:
    """Returns the pieces with a BREAK wherever the line can be broken, in a piece or between two."""
    at, cuts = 0, {match.start() for match in BREAKABLE.finditer("".join(value for _, value in pieces))}
    found: list[Piece] = []
    for css, value in pieces:
        found.append((css, "".join(BREAK * (at + n in cuts) + letter for n, letter in enumerate(value))))
        at += len(value)
    return found


def _reworded(row: Row) -> list[tuple[int, int]]:
    """Returns the ranges of the row's text that differ from its mate."""
    if row.mate is None:
        return []
    mine, other = (re.findall(r"\w+|\s+|.", side) for side in (row.text, row.mate))
    starts = [0]
    for word in mine:
        starts.append(starts[-1] + len(word))
    codes = difflib.SequenceMatcher(None, mine, other, autojunk=False).get_opcodes()
    return [(starts[i1], starts[i2]) for tag, i1, i2, _, _ in codes if tag != "equal" and i2 > i1]


def _html(pieces: list[Piece], marks: list[tuple[int, int]]) -> str:
    out: list[str] = []
    at = 0
    for css, value in pieces:
        body, cut = "", 0
        for low, high in marks:
            start, stop = max(low - at, 0), min(high - at, len(value))
            if start < stop:
                body += f"{_text(value[cut:start])}<mark>{_text(value[start:stop])}</mark>"
                cut = stop
        body += _text(value[cut:]).replace(BREAK, "<wbr>")
        if body:
            out.append(f'<span class="{css}">{body}</span>' if css else body)
        at += len(value)
    return "".join(out)
