"""A hook of MkDocs: while the site is served, a page whose sources are the same is not made anew.

Markdown and the search's reading of pages are nine tenths of a build. A page that drew a warning is always made anew,
so that the warning stays until its cause is gone. `mkdocs build` makes every page.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from companion.chain import stages
from companion.chain.chapters import NoFrontMatter, chapter

AFTER_SEARCH = -100


@dataclass
class Made:
    """A page as it was made from the sources of `key`: what of it the builder and the search go on with."""

    key: Hashable
    title: str | None
    html: str
    toc: Any
    anchors: set[str] | None
    links: dict[str, dict[str, str]]
    entries: list[dict[str, Any]] = field(default_factory=list)
    meta: Any = None


@dataclass
class Memory:
    """What is remembered from one build of a served site to the next, by the path of a page below docs/."""

    serving: bool = False
    made: dict[str, Made] = field(default_factory=dict)
    keys: dict[str, Hashable] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    warned: int = 0


class _CountWarnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        memory.warned += 1


memory = Memory()


def on_startup(*, command: str, dirty: bool) -> None:
    memory.serving = command == "serve"
    if memory.serving:
        logging.getLogger("mkdocs").addHandler(_CountWarnings(logging.WARNING))


def on_files(files: Files, *, config: MkDocsConfig) -> None:
    memory.keys = keys(files, config) if memory.serving else {}
    memory.again = {path for path, key in memory.keys.items() if path in memory.made and memory.made[path].key == key}


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    memory.warned = 0
    return "" if page.file.src_uri in memory.again else markdown


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    path = page.file.src_uri
    if path in memory.again:
        made = memory.made[path]
        page.title, page.toc, page.present_anchor_ids = made.title, made.toc, made.anchors
        page.links_to_anchors = {
            file: links for to, links in made.links.items() if (file := files.get_file_from_path(to))
        }
        made.meta, page.meta = page.meta, {"search": {"exclude": True}}
        return made.html
    memory.made.pop(path, None)
    if path in memory.keys and not memory.warned:
        links = {file.src_uri: links for file, links in (page.links_to_anchors or {}).items()}
        memory.made[path] = Made(memory.keys[path], page.title, html, page.toc, page.present_anchor_ids, links)
    return html


@event_priority(AFTER_SEARCH)
def on_page_context(context: Any, *, page: Page, config: MkDocsConfig, nav: Any) -> None:
    made = memory.made.get(page.file.src_uri)
    search = config.plugins.get("material/search")
    if made is None or search is None:
        return
    entries: list[dict[str, Any]] = search.search_index.entries
    if page.file.src_uri in memory.again:
        page.meta = made.meta
        entries += made.entries
    else:
        made.entries = [entry for entry in entries if entry["location"].partition("#")[0] == page.url]


def keys(files: Files, config: MkDocsConfig) -> dict[str, Hashable]:
    """For each page what it is made from: a chapter from its two stages, every other page from all that there is.

    All of them name chapters, explain words and link to pages; so titles, glossary and names belong to every key.
    """
    settings, docs = Path(config.config_file_path), Path(config.docs_dir)
    root = settings.parent
    pages = {file.src_uri: docs / file.src_uri for file in files.documentation_pages()}
    states = {stage: _state(stages.files(stage).values()) for stage in stages.stages(root)}
    titles = tuple(_title(stage, root) for stage in states)
    common = (titles, tuple(pages), _state([docs / "glossary.md", settings]))
    others = _state([*pages.values(), *root.glob("*.*"), *root.glob("tests/**/*.py")])
    found: dict[str, Hashable] = dict.fromkeys(pages, (*states.values(), others))
    before: Hashable = None
    for stage, state in states.items():
        if (path := f"chapters/{stage.name}.md") in pages:
            found[path] = (common, _state([pages[path]]), before, state)
        before = state
    return found


def _title(stage: stages.Stage, root: Path) -> tuple[str, str]:
    try:
        return stage.name, chapter(stage, root).title
    except (FileNotFoundError, NoFrontMatter):
        return stage.name, ""


def _state(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of each file: another one where any of them was written."""
    return tuple((str(path), (seen := path.stat()).st_mtime_ns, seen.st_size) for path in paths if path.is_file())
