"""Words of the field: docs/glossary.md is their one source, and other pages explain them where they first stand."""

import re
import xml.etree.ElementTree as etree
from dataclasses import dataclass

from markdown.extensions.toc import slugify
from markdown.util import AtomicString

from companion.site.blocks import PageProcessor
from companion.site.templates import element

ENTRY = re.compile(r'^## (.+?)(?: *\{ *data-also="([^"]*)" *\})?\n\s*((?:.+\n?)*)', re.MULTILINE)
MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|[`*]")
OPENS, CLOSES = r"""[(\["'“‘]""", r"""[)\]"'”’.,;:!?…]"""
UNTOUCHED = {"a", "button", "code", "pre", "kbd", "strong", "b", "summary", "label", "figcaption", "th", "svg"}
UNTOUCHED |= {"h1", "h2", "h3", "h4", "h5", "h6"}
UNTOUCHED_CLASSES = {"admonition-title", "rd-chapter", "rd-side", "rd-files", "rd-way", "md-button", "er-where", "wy"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A word: its heading, the id of that, all its spellings, and the first paragraph below it without markup."""

    word: str
    anchor: str
    spellings: tuple[str, ...]
    meaning: str


def entries(page: str) -> list[Entry]:
    """Returns the entries of a glossary page: each second-level heading with the paragraph that follows it.

    `## Hash { data-also="hashes, hashed" }` names the spellings that are not the word itself or with an s behind it.
    """
    found = []
    for word, others, body in ENTRY.findall(page):
        also = [part.strip() for part in others.split(",") if part.strip()]
        meaning = MARKUP.sub(lambda mark: mark[1] or "", " ".join(body.split()))
        found.append(Entry(word, slugify(word, "-"), (word, f"{word}s", *also), meaning))
    return found


class ExplainWords(PageProcessor):
    """Turns the first occurrence of each word on a page into a button that shows what it means, without a script."""

    def run(self, root: etree.Element) -> None:
        page = self.reader.root / "docs" / "glossary.md"
        known = entries(page.read_text(encoding="utf-8")) if page.is_file() else []
        here = {slugify("".join(heading.itertext()), "-") for heading in root.iter("h2")}
        if not known or all(entry.anchor in here for entry in known):
            return  # the glossary itself
        self.address = f"{up(root)}glossary.md"
        self.by_spelling = {s.lower(): entry for entry in known for s in entry.spellings}
        words = "|".join(map(re.escape, sorted(self.by_spelling, key=len, reverse=True)))  # the longest first
        self.pattern = re.compile(rf"({OPENS}*)(?<![\w/-])({words})(?![\w-])({CLOSES}*)", re.IGNORECASE)
        self.seen: set[str] = set()
        self._explain(root)

    def _explain(self, parent: etree.Element) -> None:
        if parent.tag in UNTOUCHED or UNTOUCHED_CLASSES.intersection(parent.get("class", "").split()):
            return
        children = list(parent)
        parent.text = self._mark(parent, 0, parent.text)
        for child in children:
            self._explain(child)
            child.tail = self._mark(parent, list(parent).index(child) + 1, child.tail)

    def _mark(self, parent: etree.Element, at: int, text: str | None) -> str | None:
        """Puts a button for each new word of `text` into `parent`, from index `at` on. Returns the text before it."""
        if not text or isinstance(text, AtomicString):
            return text
        found = self.pattern.finditer(text)
        if match := next((m for m in found if self.by_spelling[m[2].lower()].anchor not in self.seen), None):
            entry = self.by_spelling[match[2].lower()]
            self.seen.add(entry.anchor)
            # A line may break before and behind a button, so the punctuation next to it stays on the same line.
            around = {"opens": match[1], "text": match[2], "closes": match[3]}
            word, tip = element("word", entry=entry, address=f"{self.address}#{entry.anchor}", **around)
            tip.tail = self._mark(parent, at, text[match.end() :])
            parent[at:at] = [word, tip]
            return text[: match.start()]
        return text


def up(root: etree.Element) -> str:
    """Returns the relative path from a page to docs/: chapters are in docs/chapters, all other pages are in docs/."""
    return "../" if any("rd-chapter" in e.get("class", "").split() for e in root.iter("div")) else ""
