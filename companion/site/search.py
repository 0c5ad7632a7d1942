"""An MkDocs hook that lets the search find code and error messages.

The theme's plugin indexes headings and text. This hook adds an entry for each step of a chapter, with the code that
the step adds, and puts the error messages of the troubleshooting page into a field of their own. The weights of
titles, texts and messages are in `mkdocs.yml`.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.pages import Page

from companion.chain import stages
from companion.chain.selectors import Claim
from companion.chain.steps import SUITE, Step, steps
from companion.chain.symbols import read_symbols

AFTER_THE_PLUGIN = -50
AT_ITS_END = re.compile(r".*#(?:exercise|recap)[^/]*")
MESSAGES = "troubleshooting.md"
MESSAGE = re.compile(r"<pre><code>(.*?)</code></pre>", re.DOTALL)
NAMED = re.compile(r"(?:async )?(?:def test_|class )\w+")
NOT_TYPED = re.compile(rf"{SUITE}|.*/(?:migrations|templates)/|.*\.conf|.*/schema\.py")  # texts and tables
WORD = re.compile(r"\w")
# A step ranks above text that has the word once, and a step that creates a file ranks above later changes.
CHANGES, CREATES = 1.5, 2.0

Entry = dict[str, Any]


@event_priority(AFTER_THE_PLUGIN)
def on_page_context(context: Any, *, page: Page, config: MkDocsConfig, nav: Any) -> None:
    """Adds entries for a chapter or the troubleshooting page, unless the page is excluded from the search."""
    search = config.plugins.get("material/search")
    if search is None or (page.meta.get("search") or {}).get("exclude"):
        return
    every: list[Entry] = search.search_index.entries
    here = [entry for entry in every if entry["location"].partition("#")[0] == page.url]
    if page.file.src_uri == MESSAGES:
        mark_messages(here)
    root = Path(config.docs_dir).parent
    for stage in (stage for stage in stages.stages(root) if page.file.src_uri == f"chapters/{stage}.md"):
        # Recaps and exercises repeat what the chapter says. Without them, results lead to the step that says it.
        for entry in [entry for entry in here if AT_ITS_END.fullmatch(entry["location"])]:
            every.remove(entry)
            here.remove(entry)
        added = [step_entry(step, page.url) for step in steps(stage, root)]
        every += added
        prefer_early(stage, here + added)


def mark_messages(entries: list[Entry]) -> None:
    """Gives each section with code blocks a field `message` with their text."""
    for entry in entries:
        if found := MESSAGE.findall(entry["text"]):
            entry["message"] = "\n".join(found)


def prefer_early(stage: stages.Stage, entries: list[Entry]) -> None:
    """Ranks the chapter that introduces a name above later chapters that use it."""
    for entry in entries:
        entry["boost"] = round(entry.get("boost", 1) * (1 + 0.2 / stage.number), 3)


def step_entry(step: Step, url: str) -> Entry:
    """Returns the search entry of a step: its location, its files as title, and the lines that it adds, as HTML."""
    lines = [line for claim in step.claims for line in _lines(claim)]
    typed = [claim.change for claim in step.claims if not NOT_TYPED.match(claim.change.path) and not step.generated]
    creates = any(change.status == "added" for change in typed)
    return {
        "location": f"{url}#{step.ident}",
        "title": _title(step),
        "text": "".join(f"<p><code>{escape(line, quote=False)}</code></p>" for line in lines),
        "boost": CREATES if creates else CHANGES if typed else 1,
    }


def _lines(claim: Claim) -> list[str]:
    """Returns the added lines without comments; only names of tests for a suite, none of migrations, styles or YAML."""
    path, rows = claim.change.path, [claim.change.rows[n] for n in claim.owned]
    if "/migrations/" in path or path.endswith((".css", ".yaml")):
        return []
    added = [row.text.strip() for row in rows if row.kind == "+" and row.counts]
    if path.startswith(SUITE):
        return [found[0] for line in added if (found := NAMED.match(line))]
    return [line for line in added if WORD.search(line) and not line.startswith("#")]


def _title(step: Step) -> str:
    """Returns the files of a step with the names in its selectors, such as "tokens.py: read_token"."""
    found = dict.fromkeys((claim.change.path, _name(claim)) for claim in step.claims)
    named = {path: ", ".join(name for file, name in found if file == path and name) for path, _ in found}
    return ", ".join(f"{path}: {names}" if names else path for path, names in named.items())


def _name(claim: Claim) -> str:
    """Returns the class, function or constant that a selector names (for a field, its class), or ""."""
    name = claim.selector.partition("#")[2]
    symbol = read_symbols(claim.change.path, claim.change.new_text).get(name)
    if symbol is None or symbol.kind == "imports":
        return ""
    return (symbol.kind == "name" and symbol.parent) or name
