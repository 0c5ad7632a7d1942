"""Builds the panes beside the prose. What a line is, is in the markup, and never in its colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from markupsafe import Markup

from companion.chain.changes import FileChange, Row, StageChanges
from companion.chain.selectors import REST
from companion.chain.steps import SUITE, Excerpt, slug
from companion.chain.symbols import IMPORTS, before, enclosing, inside, read_symbols
from companion.site.highlighting import line, line_numbers, runs
from companion.site.templates import html

CONTEXT = 2  # unchanged lines shown above and below a change


@dataclass
class Pane:
    """What a step shows of one file: its HTML, and the text of each added line by the id of that line."""

    excerpt: Excerpt
    html: Markup
    lines: dict[str, str]


def pane(excerpt: Excerpt, blob: str = "") -> Pane:
    """Returns the pane of an excerpt. `blob` is the address of the stage's folder in the repository, "" for none.

    Each line has an address, but not those of a whole suite: they would make the page too heavy.
    """
    change, owned, ident = excerpt.change, excerpt.owned, excerpt.ident
    shown = _with_context(change.rows, owned)
    idents = {
        id(row): f"{ident}-l{row.new}" if row.kind == "+" else f"{ident}-r{row.old}"
        for row in (change.rows[n] for n in owned if not excerpt.is_suite)
    }
    plus = [row for n in owned if (row := change.rows[n]).kind == "+"]
    added, removed = (sum(change.rows[n].kind == kind for n in shown) for kind in "+-")
    numbers = ", ".join(f"{n} {word}" for n, word in ((added, "added"), (removed, "removed")) if n)
    markup = html(
        "pane",
        change=change,
        ident=ident,
        place=_place(change, owned),
        added=added,
        removed=removed,
        copies=bool(plus),
        whole=f"file-{slug(change.path)}" if _has_whole(change) else "",
        first=next((row.new for n in shown if (row := change.rows[n]).new), 1),
        blob=blob if change.new_text else "",
        note="" if shown else _note(change),
        count=len(shown),
        label=f"{change.path}, {line_numbers([change.rows[n] for n in owned])}: {numbers}" if shown else "",
        code=_code(change, shown, idents),
    )
    return Pane(excerpt, markup, {idents[id(row)]: row.text for row in plus if id(row) in idents})


def folded(panes: list[Pane], command: str = "") -> Markup:
    """Returns panes that a reader may skip, behind one line: the command that writes them, or what they are."""
    claims = [claim for pane in panes for claim in pane.excerpt.claims]
    rows = [claim.change.rows[n] for claim in claims for n in claim.owned]
    added = sum(row.kind == "+" for row in rows)
    return html(
        "folded",
        panes=panes,
        command=command,
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
    """Whether the page has the whole file too. Suites are copied as files, not read: they would double its weight."""
    return bool(change.new_text) and not change.path.startswith(SUITE)


def _whole(change: FileChange) -> Markup:
    rows = [replace(row, mate=None) for row in change.rows if row.kind != "-"]
    marked = change.status != "added"
    pairs = zip(rows, [None, *rows], strict=False)
    return Markup("".join(line(change, row, before=before, new=marked and row.changed) for row, before in pairs))


def _note(change: FileChange) -> str:
    if change.binary:
        return "A binary file: its content is not shown."
    return "An empty file." if not change.rows else "No line of text changes."


def _with_context(rows: Sequence[Row], owned: list[int]) -> list[int]:
    """The rows to show: those with text, the blank ones between them, and unchanged neighbours."""
    core = [n for n in owned if rows[n].text.strip()]
    shown = set(core)
    for a, b in zip(core, core[1:], strict=False):
        if all(not rows[n].text.strip() for n in range(a + 1, b)):
            shown |= set(range(a + 1, b))
    for n in core:
        for direction in (-1, 1):
            for m in range(n + direction, n + direction * (CONTEXT + 1), direction):
                if not 0 <= m < len(rows) or rows[m].changed:
                    break
                shown.add(m)
    for n in sorted(shown) + sorted(shown, reverse=True):
        if not rows[n].changed and not rows[n].text.strip() and not {n - 1, n + 1} <= shown:
            shown.discard(n)  # nothing begins or ends with an empty line
    for a, b in zip(order := sorted(shown), order[1:], strict=False):
        short = b - a <= CONTEXT and not any(rows[n].changed for n in range(a + 1, b))
        blank = not any(rows[n].text.strip() for n in range(a + 1, b))
        if short or blank:
            shown |= set(range(a + 1, b))  # a gap as short as its label is no gap
    return sorted(shown)


def _code(change: FileChange, shown: list[int], idents: dict[int, str]) -> Markup:
    out: list[str] = []
    end = 0
    for _, together in groupby(enumerate(shown), lambda pair: pair[1] - pair[0]):
        numbers = [n for _, n in together]
        if out:
            out.append(_gap(change.rows[end : numbers[0]]))
        end = numbers[-1] + 1
        out.append(runs(change, change.rows[numbers[0] : end], idents))
    return Markup("".join(out))


def _gap(rows: Sequence[Row]) -> str:
    stay = sum(row.kind != "-" for row in rows)
    count, what = (stay, "") if stay else (len(rows), "removed ")
    told = sum(row.counts for row in rows)
    where = "unchanged" if not told else "in another step" if told >= count / 2 else "mostly unchanged"
    return f'<span class="rd-gap">{count} {what}line{"s" if count != 1 else ""} {where}</span>'


def _place(change: FileChange, owned: list[int]) -> str:
    """Where the lines go: "in class User, after objects". A file that is all new needs no such words."""
    first = next((change.rows[n].new for n in owned if change.rows[n].kind == "+" and change.rows[n].counts), None)
    if first is None:
        return ""
    table = read_symbols(change.path, change.new_text)
    around = enclosing(table, first) or inside(table, first)
    parent = around.name if around else ""
    after = before(table, first, parent) if change.status != "added" else None
    words = []
    if around:
        words.append(f"in {'class ' if around.kind == 'class' else ''}{around.name}")
    if after and after.name != IMPORTS:
        words.append(f"after {after.name.rpartition('.')[2]}")
    return ", ".join(words)
