"""HTML of the head of a chapter: which stage this is, and the tree of the files it changes."""

from __future__ import annotations

import xml.etree.ElementTree as etree
from html import unescape
from pathlib import Path
from typing import Any

from markdown.util import AtomicString

from companion.chain.changes import StageChanges
from companion.chain.chapters import find_chapter
from companion.chain.stages import Stage
from companion.site.highlighting import text
from companion.site.panes import counts, status

# On a phone the tree is longer than the screen, and would stand before the first word about the code. It is folded where
# it stands, before anything is drawn, so that nothing moves.
FOLD = "<script>if (innerWidth < 720) document.currentScript.previousElementSibling.open = false</script>"


def contents(tokens: list[dict[str, Any]]) -> etree.Element:
    """Links to the sections of a chapter. `tokens` are those of Python-Markdown's extension `toc`."""
    nav = etree.Element("nav", {"class": "rd-contents", "aria-label": "In this chapter", "data-search-exclude": ""})
    etree.SubElement(nav, "p").text = "In this chapter"
    row = etree.SubElement(nav, "ul")
    for section in (inner for token in tokens for inner in token["children"]):
        link = etree.SubElement(etree.SubElement(row, "li"), "a", {"href": f"#{section['id']}"})
        link.text = AtomicString(unescape(section["name"]))
    return nav


def way(here: Stage, chain: tuple[Stage, ...], root: Path) -> etree.Element:
    """The stages in a row, each a link to its chapter, where there is one below `root`.

    The links are elements that name the chapters' sources, so that the site's builder finds and checks them.
    """
    nav = etree.Element("nav", {"class": "rd-way", "aria-label": "Stages", "data-search-exclude": ""})
    etree.SubElement(nav, "span").text = f"Stage {here.number} of {len(chain)}"
    row = etree.SubElement(nav, "ol")
    for stage in chain:
        item = etree.SubElement(row, "li")
        page = find_chapter(stage, root)
        if page is None:
            etree.SubElement(item, "span").text = str(stage.number)
            continue
        link = etree.SubElement(item, "a", {"href": page.path.name, "title": page.title})
        link.set("aria-label", f"{stage.number}: {page.title}")
        link.text = str(stage.number)
        if stage == here:
            link.set("aria-current", "page")
    return nav


def about_2018(root: Path) -> etree.Element | None:
    """What the notes marked 2018 are about, with a link to the faults, where there is a page of them."""
    if not (root / "docs" / "errata.md").is_file():
        return None
    note = etree.Element("p", {"class": "rd-legend", "data-search-exclude": ""})
    note.text = "Notes marked "
    mark = etree.SubElement(note, "b")
    mark.text, mark.tail = "2018", " say what the article that this tutorial accompanies did wrong: "
    link = etree.SubElement(note, "a", {"href": "../errata.md"})
    link.text, link.tail = "its 71 faults", "."
    return note


def head(stage: StageChanges, first_pane: dict[str, str]) -> str:
    """What the stage changes, as a tree of files. `first_pane` is the id of a file's first pane by its path."""
    files = stage.files
    added = sum(change.added for change in files.values())
    removed = sum(change.removed for change in files.values())
    verb = "file changes" if len(files) == 1 else "files change"
    return (
        '<aside class="rd-head" aria-label="What this stage changes" data-search-exclude>'
        f"<details open><summary><b>{len(files)} {verb}</b> {counts(added, removed)}</summary>{_tree(stage, first_pane)}</details>"
        f"{FOLD}{_commands(stage)}</aside>"
    )


def _commands(stage: StageChanges) -> str:
    """What one types, in the folder of the repository, to see this diff and to have one's own project checked."""
    root = stage.stage.path.parent if stage.stage.name == "final" else stage.stage.path.parent.parent
    commands = [f"python -m companion check path/to/your/folder --stage {stage.stage}"]
    if stage.previous is not None:
        old, new = (s.path.relative_to(root).as_posix() for s in (stage.previous, stage.stage))
        commands.insert(0, f"diff -ruN {old} {new}")
    where = '<p class="rd-where">In the folder of this tutorial, with its <code>.venv</code> active:</p>'
    return where + "".join(f'<p class="rd-command"><code>{text(command)}</code></p>' for command in commands)


def _tree(stage: StageChanges, first_pane: dict[str, str]) -> str:
    """The stage's files by folder: changed ones counted and linked to their pane, the others in one quiet line."""
    folders: dict[str, list[str]] = {}
    for path in sorted({*stage.tree, *stage.files}, key=lambda path: ("/" not in path, path)):
        folders.setdefault(path.rpartition("/")[0], []).append(path)
    out = []
    for folder, paths in folders.items():
        rows = "".join(_row(stage, path, first_pane) for path in paths if path in stage.files)
        same = ", ".join(text(path.rpartition("/")[2]) for path in paths if path not in stage.files)
        if same:
            rows += f'<li class="rd-same"><span class="rd-hidden">unchanged: </span>{same}</li>'
        out.append(f'<li class="rd-folder"><span>{text(folder)}/</span><ul>{rows}</ul></li>' if folder else rows)
    return f'<ul class="rd-tree">{"".join(out)}</ul>'


def _row(stage: StageChanges, path: str, first_pane: dict[str, str]) -> str:
    change, name = stage.files[path], text(path.rpartition("/")[2])
    link = f'<a href="#{first_pane[path]}">{name}</a>' if path in first_pane else f"<span>{name}</span>"
    return f'<li class="rd-changed">{status(change)}{link}{counts(change.added, change.removed)}</li>'
