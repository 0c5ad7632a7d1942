"""Defines the blocks of the docs, and reports blocks that are written wrongly.

    /// chapter | 05-authentication-backend
    ///

    /// beside | authentication/tokens.py#issue_token, authentication/tokens.py#imports
    Prose, which is shown next to the diff of these lines.
    ///

The option `generated: COMMAND`, indented below the first line of a `beside` block, folds its panes under the command
that writes them.
"""

import logging
import xml.etree.ElementTree as etree
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from markdown import Markdown
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from pymdownx.blocks.block import Block, type_string

from companion.chain.changes import conflicts
from companion.chain.chapters import BESIDE, CHAPTER, Mark, parse
from companion.chain.narration import CONFLICT
from companion.chain.selectors import did_you_mean

READER = "companion-ReadBlocks"
log = logging.getLogger("mkdocs.companion")  # below "mkdocs", so that a strict build counts the warnings
NOT_UNDERSTOOD = (
    "the block is not understood. An empty line before it may be missing, or an option is misspelt or no YAML "
    "(there, a value with a backtick or a colon is in quotes)"
)


class ReadBlocks(Preprocessor):
    """Reads the blocks of a page before pymdownx does, to find those that pymdownx can't process.

    It turns a misspelt block into plain text and closes an open block at the end of the page, without a warning.
    `found` has the blocks of each name, each with its element, in the page's order.
    """

    def __init__(self, md: Markdown, root: Path, repository: str, names: list[str]) -> None:
        super().__init__(md)
        self.root, self.repository, self.names = root, repository, names

    def run(self, lines: list[str]) -> list[str]:
        self.text = "\n".join(lines).rstrip()
        self.marks, _ = parse(lines)
        self.lost = [mark for mark in self.marks if str(mark)]
        self.found: dict[str, list[tuple[Mark, etree.Element]]] = {name: [] for name in self.names}
        self.problems: list[str] = []
        return lines

    def record(self, block: "MarkedBlock", element: etree.Element) -> Mark:
        """Records the element that a block became, and returns the block's mark."""
        wanted = (block.NAME, block.argument)
        mark = next((mark for mark in self.lost if (mark.name, mark.argument) == wanted), Mark(0, *wanted))
        self.lost = [other for other in self.lost if other is not mark]
        self.found[mark.name].append((mark, element))
        return mark

    def report(self, mark: Mark | None, problem: str) -> None:
        """Reports a problem of a block, or with None a problem whose text begins with a file and line."""
        self.problems.append(f"{self._where(mark.line)}: {problem}" if mark else problem)

    def _where(self, line: int) -> str:
        """Returns the file and the line number in it for a line of the page; only the number if no file matches."""
        for path in sorted((self.root / "docs").rglob("*.md")):
            whole = path.read_text(encoding="utf-8")
            if whole.rstrip().endswith(self.text):
                above = whole.count("\n", 0, whole.rindex(self.text))
                return f"{path.relative_to(self.root).as_posix()}, line {above + line + 1}"
        return f"line {line + 1}"

    def misread(self) -> list[str]:
        """Returns the problems of the blocks as they are written. Nothing after an unclosed block is reported."""
        markers = [(line - 1, CONFLICT) for line in conflicts(self.text)]
        found = markers or list(self._unclosed()) or [(mark.line, self._why_lost(mark)) for mark in self.lost]
        return [f"{self._where(line)}: {problem}" for line, problem in found]

    def _unclosed(self) -> Iterator[tuple[int, str]]:
        for mark, following in pairwise([Mark(0, ""), *self.marks, Mark(0, "the end of the page")]):
            if str(mark) and str(following):
                yield mark.line, f"/// {mark}: the block is not closed; end it with a line that is only ///"
            elif not str(mark) and not str(following):
                yield following.line, "one more line with /// than there are blocks to close; remove it"

    def _why_lost(self, mark: Mark) -> str:
        if mark.name not in self.names:
            hint = did_you_mean(mark.name, self.names) or f"; there are: {', '.join(self.names)}"
            return f"/// {mark}: there is no block {mark.name!r}{hint}"
        if not mark.argument:
            return f"/// {mark}: behind a | stands what it is about; a line that is only /// closes it"
        return f"/// {mark}: {NOT_UNDERSTOOD}"


class PageProcessor(Treeprocessor):
    """A treeprocessor that knows the blocks of the page."""

    def __init__(self, reader: ReadBlocks) -> None:
        super().__init__(reader.md)
        self.reader = reader


class ReportProblems(PageProcessor):
    """Logs the problems of a page, and lists them at its top. Runs after all that report problems."""

    def run(self, root: etree.Element) -> None:
        problems = self.reader.misread() or self.reader.problems  # those would only follow from these
        for problem in problems:
            log.warning(problem)
        if problems:
            box = etree.Element("div", {"class": "admonition failure", "role": "alert"})
            etree.SubElement(box, "p", {"class": "admonition-title"}).text = "The prose and the code disagree"
            listed = etree.SubElement(box, "ul")
            for problem in problems:
                etree.SubElement(listed, "li").text = AtomicString(problem)
            root.insert(0, box)


class MarkedBlock(Block):  # type: ignore[misc]  # pymdownx has no type hints
    """A block that `ReadBlocks` knows. Unless overridden, it is a `<div class="CSS">`, with its argument for {}."""

    ARGUMENT = True
    CSS = ""
    content: etree.Element | None = None  # where the block's text goes; None for the element itself

    def on_create(self, parent: etree.Element) -> etree.Element:
        self.reader: ReadBlocks = self.md.preprocessors[READER]
        self.parent = parent
        element = self.make(parent)
        self.mark = self.reader.record(self, element)
        return element

    def make(self, parent: etree.Element) -> etree.Element:
        """Returns the element of the block, added to `parent`."""
        return etree.SubElement(parent, "div", {"class": self.CSS.format(self.argument)})

    def on_add(self, block: etree.Element) -> etree.Element:
        return block if self.content is None else self.content


class ChapterBlock(MarkedBlock):
    """Names the stage of the page; becomes the head of the chapter."""

    NAME, CSS = CHAPTER, "rd-chapter"


class BesideBlock(MarkedBlock):
    """Text, and the selectors of the lines that are shown next to it."""

    NAME, CSS = BESIDE, "rd-step"
    OPTIONS = {"generated": ["", type_string]}

    def make(self, parent: etree.Element) -> etree.Element:
        step = super().make(parent)
        self.content = etree.SubElement(step, "div", {"class": "rd-prose"})
        return step


class SpreadBlock(BesideBlock):
    """`/// spread | 04-tokens authentication/tokens.py#read_token`: a step of a chapter, shown on another page."""

    NAME, CSS = "spread", "rd-step rd-spread"


class PartBlock(MarkedBlock):
    """`/// part | pitch`: a section of a page, which the style sheet places by its class `st-pitch`."""

    NAME, CSS = "part", "st-{}"


class PictureBlock(MarkedBlock):
    """`/// picture | journey`: docs/assets/journey.svg in the page's colours, next to the text about it."""

    NAME, CSS = "picture", "pc"

    def make(self, parent: etree.Element) -> etree.Element:
        picture = super().make(parent)
        svg = self.reader.root.joinpath("docs", "assets", f"{self.argument}.svg").read_text(encoding="utf-8")
        self.content = etree.SubElement(picture, "div", {"class": "pc-prose"})
        drawing = etree.SubElement(picture, "div", {"class": "pc-drawing", "data-search-exclude": ""})
        drawing.text = AtomicString(self.md.htmlStash.store(svg.strip()))
        return picture


class SourceBlock(MarkedBlock):
    """`/// source | known`: shown if the repository's URL is known, to which `[text](repository:)` links.

    `/// source | unknown` is shown if it is not.
    """

    NAME, CSS = "source", "so"

    def on_inline_end(self, block: etree.Element) -> None:
        if (self.argument == "known") != bool(self.reader.repository):
            self.parent.remove(block)
        for link in block.iter("a"):
            if link.get("href") == "repository:":
                link.set("href", self.reader.repository)


BLOCKS = (BesideBlock, ChapterBlock, PartBlock, PictureBlock, SourceBlock, SpreadBlock)
