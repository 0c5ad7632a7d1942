"""HTML of the panes beside the prose. What a line is stands in the markup, and never in its colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from companion.chain.changes import FileChange, Row
from companion.chain.narration import REST
from companion.chain.steps import Excerpt, slug
from companion.chain.symbols import IMPORTS, NotPython, before, enclosing, inside, symbols
from companion.site.highlighting import line, runs, span, text

CONTEXT = 2  # unchanged lines shown above and below a change
MINUS = "\N{MINUS SIGN}"
LETTERS = {"added": "A", "changed": "M", "removed": "D", "renamed": "R"}
WORDS = {"added": "new file", "changed": "changed", "removed": "removed", "renamed": "renamed"}
ICONS = {
    "copy": "M16 1H4a2 2 0 0 0-2 2v14h2V3h12zm3 4H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2m0 16H8V7h11z",
    "whole": "M14 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8zm-1 7V3.5L18.5 9zM8 13h8v2H8zm0 4h5v2H8z",
    "away": "M19 19H5V5h7V3H5a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2v-7h-2zM14 3v2h3.6l-9.8 9.8 1.4 1.4L19 6.4V10h2V3z",
}


@dataclass
class Pane:
    """One pane: its HTML, its id, and the text of each added line by the id of that line."""

    ident: str
    html: str
    lines: dict[str, str]


def pane(excerpt: Excerpt, blob: str = "") -> Pane:
    """The pane of what a step shows of a file. `blob` is the address of a file in the repository, "" for none.

    Each line has an address, but not those of a whole suite: they would make the page too heavy.
    """
    change, owned, ident = excerpt.change, excerpt.owned, excerpt.ident
    shown = _with_context(change.rows, owned)
    idents = {
        id(row): f"{ident}-l{row.new}" if row.kind == "+" else f"{ident}-r{row.old}"
        for row in (change.rows[n] for n in owned if not excerpt.is_suite)
    }
    plus = [row for n in owned if (row := change.rows[n]).kind == "+"]
    lines = {idents[id(row)]: row.text for row in plus if id(row) in idents}
    first = next((row.new for n in shown if (row := change.rows[n]).new), 1) or 1
    added, removed = (sum(change.rows[n].kind == kind for n in shown) for kind in "+-")
    if change.binary:
        body = '<p class="rd-note">A binary file: its content is not shown.</p>'
    elif not shown:
        note = "An empty file." if not change.rows else "No line of text changes."
        body = f'<p class="rd-note">{note}</p>'
    else:
        numbers = ", ".join(f"{n} {word}" for n, word in ((added, "added"), (removed, "removed")) if n)
        label = f"{change.path}, {span([change.rows[n] for n in owned])}: {numbers}"
        body = (
            f'<div class="rd-scroll" style="--lines:{len(shown)}" tabindex="0" role="region" aria-label="{text(label)}">'
            f'<code class="rd-code">{_body(change, shown, idents)}</code></div>'
        )
    caption = (
        f'<figcaption>{status(change)}<a class="rd-self" href="#{ident}" title="Link to this place">{path_html(change)}</a>'
        f"{_place(change, owned)}{counts(added, removed)}"
        f'<span class="rd-tools">{_tools(change, first, bool(plus), blob)}</span></figcaption>'
    )
    html = f'<figure class="rd-pane rd-{change.status}" id="{ident}" data-search-exclude>{caption}{body}</figure>'
    return Pane(ident, html, lines)


def folded(panes: list[tuple[Excerpt, Pane]], command: str = "") -> str:
    """Panes that one does not have to read, behind one line: the command that writes them, or what they are."""
    claims = [claim for excerpt, _ in panes for claim in excerpt.claims]
    files = {claim.change.path: claim.change for claim in claims}
    if command:
        head = f'<span class="rd-made">Made by</span> <code>$ {text(command)}</code>'
    else:
        names = ", ".join(f"<code>{text(path)}</code>" for path in files)
        rest = all(claim.selector.endswith(f"#{REST}") and claim.change.status == "changed" for claim in claims)
        head = f"{names}{', the rest' if rest else ''}"
    rows = [claim.change.rows[n] for claim in claims for n in claim.owned]
    added = sum(row.kind == "+" for row in rows)
    stat = counts(added, len(rows) - added)
    body = "".join(pane.html for _, pane in panes)
    return f'<details class="rd-fold"><summary>{head} {stat}</summary>{body}</details>'


def has_whole(change: FileChange) -> bool:
    """Whether the page holds the whole file too. Suites are copied as files, not read as a whole: they would double it."""
    return bool(change.new_text) and not change.path.startswith("tests/")


def whole(change: FileChange) -> str:
    """The whole file as it is at this stage, its new lines marked, folded."""
    rows = [row for row in change.rows if row.kind != "-"]
    marked = change.status != "added"
    body = "".join(
        line(change, replace(row, mate=None), before=before).replace(
            'class="rd-line"', f'class="rd-line{" rd-new" if marked and row.changed else ""}"', 1
        )
        for row, before in zip(rows, [None, *rows], strict=False)
    )
    return (
        f'<details class="rd-file" id="file-{slug(change.path)}" data-search-exclude><summary>{path_html(change)}'
        f"{counts(change.added, change.removed)}</summary>"
        f'<div class="rd-scroll" tabindex="0" role="region" aria-label="{text(change.path)}, the whole file">'
        f'<code class="rd-code">{body}</code></div></details>'
    )


def status(change: FileChange) -> str:
    """The letter of a file's status, and the word behind it for those who do not see the letter."""
    kind = change.status
    return (
        f'<span class="rd-status rd-is-{kind}" title="{WORDS[kind]}"><span class="rd-hidden">{WORDS[kind]}: </span>'
        f'<span aria-hidden="true">{LETTERS[kind]}</span></span>'
    )


def counts(added: int, removed: int) -> str:
    """How many lines are added and removed, as `+3 −1`."""
    parts = []
    if added:
        parts.append(
            f'<span class="rd-plus"><span class="rd-hidden">{added} added</span><span aria-hidden="true">+{added}</span></span>'
        )
    if removed:
        parts.append(
            f'<span class="rd-minus"><span class="rd-hidden">{removed} removed</span><span aria-hidden="true">{MINUS}{removed}</span></span>'
        )
    return f'<span class="rd-counts">{" ".join(parts)}</span>'


def path_html(change: FileChange) -> str:
    """The path, its last part in bold; a renamed file says what it was called."""
    folder, _, name = change.path.rpartition("/")
    head = f"{text(folder)}/<wbr>" if folder else ""
    was = f' <span class="rd-was">was {text(change.old_path)}</span>' if change.old_path else ""
    return f'<span class="rd-path">{head}<b>{text(name)}</b>{was}</span>'


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


def _body(change: FileChange, shown: list[int], idents: dict[int, str]) -> str:
    out: list[str] = []
    start = 0
    for k in range(1, len(shown) + 1):
        if k < len(shown) and shown[k] == shown[k - 1] + 1:
            continue
        out.append(runs(change, [change.rows[n] for n in shown[start:k]], idents))
        if k < len(shown):
            out.append(_gap([change.rows[n] for n in range(shown[k - 1] + 1, shown[k])]))
        start = k
    return "".join(out)


def _gap(rows: list[Row]) -> str:
    stay = sum(row.kind != "-" for row in rows)
    count, what = (stay, "") if stay else (len(rows), "removed ")
    told = sum(row.counts for row in rows)
    where = "unchanged" if not told else "in another step" if told >= count / 2 else "mostly unchanged"
    return f'<span class="rd-gap">{count} {what}line{"s" if count != 1 else ""} {where}</span>'


def _place(change: FileChange, owned: list[int]) -> str:
    """Where the lines go: "in class User, after objects". A file that is all new needs no such words."""
    first = next((change.rows[n].new for n in owned if change.rows[n].kind == "+" and change.rows[n].counts), None)
    if first is None or change.new_text is None or not change.path.endswith(".py"):
        return ""
    try:
        table = symbols(change.new_text)
    except NotPython:
        return ""
    around = enclosing(table, first) or inside(table, first)
    parent = around.name if around else ""
    after = before(table, first, parent) if change.status != "added" else None
    words = []
    if around:
        words.append(f"in {'class ' if around.kind == 'class' else ''}{around.name}")
    if after and after.name != IMPORTS:
        words.append(f"after {after.name.rpartition('.')[2]}")
    return f'<span class="rd-place">{text(", ".join(words))}</span>' if words else ""


def _tools(change: FileChange, first: int, copies: bool, blob: str) -> str:
    path = text(change.path)
    tools = ""
    if copies:
        tools += (
            f'<button class="rd-tool rd-copy" type="button" hidden title="Copy the added lines" '
            f'aria-label="Copy the added lines of {path}">{_icon("copy")}</button>'
        )
    if has_whole(change):
        tools += (
            f'<a class="rd-tool rd-whole" href="#file-{slug(change.path)}" data-line="{first}" '
            f'title="The whole file at this stage" aria-label="The whole of {path} at this stage">{_icon("whole")}</a>'
        )
    if blob and change.new_text:
        address = blob.format(path=change.path, line=first)
        tools += (
            f'<a class="rd-tool" href="{text(address)}" title="Open in the repository" '
            f'aria-label="Open {path} in the repository">{_icon("away")}</a>'
        )
    return tools


def _icon(name: str) -> str:
    return f'<svg aria-hidden="true" viewBox="0 0 24 24"><path d="{ICONS[name]}"/></svg>'
