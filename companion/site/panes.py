"""Builds the panes next to the text. The HTML says what changed in words, never only by colour."""

import re
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from companion.chain.changes import FileChange, StageChanges
from companion.chain.places import WHOLE
from companion.chain.selectors import REST
from companion.chain.steps import SUITE, Excerpt, slug
from companion.site.highlighting import line, line_numbers, runs
from companion.site.templates import html


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
    change, owned, ident = excerpt.change, excerpt.owned, excerpt.ident
    idents = {
        id(row): f"{ident}-l{row.new}" if row.kind == "+" else f"{ident}-r{row.old}"
        for row in (change.rows[n] for n in owned if not excerpt.is_suite)
    }
    plus = [row for n in owned if (row := change.rows[n]).kind == "+"]
    added, removed = (sum(row.kind == kind for row in excerpt.shown) for kind in "+-")
    numbers = ", ".join(f"{n} {word}" for n, word in ((added, "added"), (removed, "removed")) if n)
    markup = html(
        "pane",
        change=change,
        ident=ident,
        place=Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape("" if alone else excerpt.place)))),
        added=added,
        removed=removed,
        copies=bool(plus),
        is_whole=excerpt.place.startswith(WHOLE),
        copied="these lines as they become" if excerpt.place.startswith(WHOLE) else "the added lines",
        whole=f"file-{slug(change.path)}" if _has_whole(change) and not alone else "",
        first=next((row.new for row in excerpt.shown if row.new), 1),
        blob=blob if change.new_text else "",
        note="" if excerpt.shown else _note(change),
        count=len(excerpt.shown),
        label=f"{change.path}, {line_numbers([change.rows[n] for n in owned])}: {numbers}" if excerpt.shown else "",
        code=Markup(runs(change, excerpt.shown, idents)),
    )
    return Pane(excerpt, markup, {idents[id(row)]: row.text for row in plus if id(row) in idents})


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


def _note(change: FileChange) -> str:
    if change.binary:
        return "A binary file: its content is not shown."
    return "An empty file." if not change.rows else "No line of text changes."
