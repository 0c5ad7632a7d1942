"""Builds the panes next to the text, with lines of code highlighted by Pygments in the context of the whole file.

The HTML says what changed in words, never only by colour.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from itertools import accumulate, groupby

from markupsafe import Markup
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

from companion.chain.changes import FileChange, Row, StageChanges
from companion.chain.places import WHOLE
from companion.chain.selectors import REST
from companion.chain.steps import SUITE, Excerpt, slug
from companion.site.templates import html

Piece = tuple[str, str]  # a CSS class of Pygments ("" for none) and its text
QUIET = {"w", "p", "n"}  # white space, punctuation and plain names are not coloured
SHORT = 34  # characters that fit on a phone; a longer line can wrap, and continues at its own indentation
BREAKABLE = re.compile(r"(?<=[.(\[,=/])(?=[^\s)\]])")  # where a long line can be broken
RUNS = {"+": ("ins", "Added"), "-": ("del", "Removed"), " ": ("span", "Unchanged")}


@dataclass
class Pane:
    """The HTML of an excerpt, and the text of each added line by the HTML id of the line."""

    excerpt: Excerpt
    html: Markup
    lines: dict[str, str]


def pane(excerpt: Excerpt, blob: str = "", *, alone: bool = False) -> Pane:
    """Returns the pane of an excerpt. `blob` is the URL of the stage's folder in the repository, or "".

    A pane that is shown `alone`, outside its chapter, has no place and no link to the whole file. Each line has an id,
    except in the rest of a suite, where the ids would make the page too large.
    """
    change, ident = excerpt.change, excerpt.ident
    rows = [change.rows[n] for n in excerpt.owned]
    idents = {} if excerpt.is_suite else {id(row): f"{ident}-{'l' if row.new else 'r'}{_number(row)}" for row in rows}
    added, removed = (sum(row.kind == kind for row in excerpt.shown) for kind in "+-")
    numbers = ", ".join(f"{n} {word}" for n, word in ((added, "added"), (removed, "removed")) if n)
    markup = html(
        "pane",
        excerpt=excerpt,
        change=change,
        is_whole=excerpt.place.startswith(WHOLE),
        place=Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(Markup.escape("" if alone else excerpt.place)))),
        added=added,
        removed=removed,
        whole=f"file-{slug(change.path)}" if _has_whole(change) and not alone else "",
        first=next((row.new for row in excerpt.shown if row.new), 1),
        blob=blob if change.new_text else "",
        label=f"{change.path}, {line_numbers(rows)}: {numbers}" if excerpt.shown else "",
        code=Markup(runs(change, excerpt.shown, idents)),
    )
    return Pane(excerpt, markup, {idents[id(row)]: row.text for row in rows if row.new and idents})


def folded(panes: list[Pane], command: str = "") -> Markup:
    """Returns panes that readers can skip, folded under the command that writes them, or under what they are."""
    claims = [claim for pane in panes for claim in pane.excerpt.claims]
    rows = [claim.change.rows[n] for claim in claims for n in claim.owned]
    added = sum(row.kind == "+" for row in rows)
    return html(
        "folded",
        panes=panes,
        command=command,
        page="" if command else panes[0].excerpt.ident,  # a command's files stay in the page
        paths=list(dict.fromkeys(claim.change.path for claim in claims)),
        rest=all(claim.selector.endswith(f"#{REST}") and claim.change.status == "changed" for claim in claims),
        added=added,
        removed=len(rows) - added,
    )


def whole_files(diff: StageChanges) -> Markup:
    """Returns the changed files as they are at this stage, folded."""
    files = [change for change in diff.files.values() if _has_whole(change)]
    return html("files", files=[(change, f"file-{slug(change.path)}", _whole(change)) for change in files])


def _has_whole(change: FileChange) -> bool:
    """Returns whether the page has the whole file. Tests are left out, because they would double the page's size."""
    return bool(change.new_text) and not change.path.startswith(SUITE)


def _whole(change: FileChange) -> Markup:
    rows = [replace(row, mate=None) for row in change.rows if row.kind != "-"]
    marked = change.status != "added"
    pairs = zip(rows, [None, *rows], strict=False)
    return Markup("".join(line(change, row, before=before, new=marked and row.changed) for row, before in pairs))


def line(change: FileChange, row: Row, ident: str = "", before: Row | None = None, new: bool = False) -> str:
    """Returns a row as a `<span>`; `ident` becomes its id, and `new` marks it as added.

    The line number is in a style, except if the row follows `before` directly: then CSS counts on, which makes a long
    page a tenth smaller.
    """
    number = _number(row)
    pieces = _pieces(change.path, (change.new_text if row.new else change.old_text) or "")[number - 1]
    attribute = f' id="{ident}"' if ident else ""
    style = [] if before and number == _number(before) + 1 else [f"counter-set:line {number}"]
    breaks: set[int] = set()
    if len(row.text) > SHORT:
        style.append(f"--indent:{len(row.text) - len(row.text.lstrip())}")
        breaks = {match.start() for match in BREAKABLE.finditer(row.text)} if row.mate is None else breaks
    attribute += f' style="{";".join(style)}"' if style else ""
    code = _html(pieces, _reworded(row), breaks)
    return f'<span class="rd-line{" rd-new" if new else ""}"{attribute}>{code}\n</span>'


def _number(row: Row) -> int:
    """Returns the line number of a row in the new file, or in the old file if the row is removed."""
    return row.new or row.old or 0


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
    first, last = _number(rows[0]), _number(rows[-1])
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


def _reworded(row: Row) -> set[int]:
    """Returns the positions of the characters in the row's text that differ from its mate."""
    if row.mate is None:
        return set()
    mine, other = (re.findall(r"\w+|\s+|.", side) for side in (row.text, row.mate))
    starts = [0, *accumulate(map(len, mine))]
    codes = difflib.SequenceMatcher(None, mine, other, autojunk=False).get_opcodes()
    return {n for tag, i1, i2, _, _ in codes if tag != "equal" for n in range(starts[i1], starts[i2])}


def _html(pieces: list[Piece], marked: set[int], breaks: set[int]) -> str:
    """Returns a line with a `<mark>` around marked characters, and a `<wbr>` where it can be broken."""
    out: list[str] = []
    at = 0
    for css, value in pieces:
        body = ""
        for is_marked, group in groupby(enumerate(value, at), lambda pair: pair[0] in marked):
            text = "".join("<wbr>" * (n in breaks) + escape(letter, quote=False) for n, letter in group)
            body += f"<mark>{text}</mark>" if is_marked else text
        at += len(value)
        if body:
            out.append(f'<span class="{css}">{body}</span>' if css else body)
    return "".join(out)
