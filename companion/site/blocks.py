"""Defines the blocks of the docs, and reports blocks that are written wrongly.

    /// chapter | 05-authentication-backend
    ///

    /// beside | authentication/tokens.py#issue_token, authentication/tokens.py#imports
    Prose, which is shown next to the diff of these lines.
    ///

The option `generated: COMMAND`, indented below the first line of a `beside` block, folds its panes under the command
that writes them.
"""

from __future__ import annotations

import difflib
import logging
import os
import xml.etree.ElementTree as etree
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from pymdownx.blocks.block import Block, type_string

from companion.chain.changes import conflicts
from companion.chain.chapters import BESIDE, CHAPTER, Mark, parse
from companion.chain.narration import CONFLICT

Problems = list[tuple[int | None, str]]  # each with its line in the page; None if the text has the place
READER = "companion-blocks"
STRICT = "COMPANION_STRICT"  # environment variable: a problem stops the build, for builders that don't count warnings
log = logging.getLogger("mkdocs.companion")  # below "mkdocs", so that a strict build counts the warnings
NOT_UNDERSTOOD = (
    "the block is not understood. An empty line before it may be missing, or an option is misspelt or no YAML "
    "(there, a value with a backtick or a colon is in quotes)"
)


class MarkedBlock(Block):  # type: ignore[misc]  # pymdownx has no type hints
    """A block that registers its element in `ReadBlocks`; unless overridden, the element is a `<div class="CSS">`."""

    ARGUMENT = True
    CSS = ""
    content: etree.Element | None = None  # where the block's text goes; None for the element itself

    def on_create(self, parent: etree.Element) -> etree.Element:
        element = self.make(parent)
        self.md.preprocessors[READER].record(self.NAME, self.argument.strip(), element)
        return element

    def make(self, parent: etree.Element) -> etree.Element:
        """Returns the element of the block, added to `parent`."""
        return etree.SubElement(parent, "div", {"class": self.CSS})

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

    NAME = "part"

    def make(self, parent: etree.Element) -> etree.Element:
        return etree.SubElement(parent, "div", {"class": f"st-{self.argument.strip()}"})


class PictureBlock(MarkedBlock):
    """`/// picture | journey`: docs/assets/journey.svg in the page's colours, next to the text about it."""

    NAME = "picture"

    def make(self, parent: etree.Element) -> etree.Element:
        svg = Path(self.config["root"], "docs", "assets", f"{self.argument.strip()}.svg").read_text(encoding="utf-8")
        picture = etree.SubElement(parent, "div", {"class": "pc"})
        self.content = etree.SubElement(picture, "div", {"class": "pc-prose"})
        drawing = etree.SubElement(picture, "div", {"class": "pc-drawing", "data-search-exclude": ""})
        drawing.text = AtomicString(self.md.htmlStash.store(svg.strip()))
        return picture


class ReadBlocks(Preprocessor):
    """Reads the blocks of a page before the block processor does, to find those that it can't process.

    It turns a misspelt block into plain text and closes an open block at the end of the page, without a warning.
    """

    def __init__(self, md: Markdown, root: Path, names: list[str]) -> None:
        super().__init__(md)
        self.root, self.names = root, names

    def run(self, lines: list[str]) -> list[str]:
        self.text = "\n".join(lines).rstrip()
        self.marks, _ = parse(lines)
        self.lost = [mark for mark in self.marks if str(mark)]
        self.found: list[tuple[Mark, etree.Element]] = []
        return lines

    def record(self, name: str, argument: str, element: etree.Element) -> None:
        """Records the element that a block became."""
        mark = next((mark for mark in self.lost if (mark.name, mark.argument) == (name, argument)), None)
        if mark:
            self.lost.remove(mark)
        self.found.append((mark or Mark(0, name, argument), element))

    def of(self, name: str) -> list[tuple[Mark, etree.Element]]:
        """Returns the blocks of this name, each with its element, in the page's order."""
        return [(mark, element) for mark, element in self.found if mark.name == name]

    def where(self, line: int) -> str:
        """Returns the file and the line number in it for a line of the page; only the number if no file matches."""
        for path in sorted((self.root / "docs").rglob("*.md")):
            whole = path.read_text(encoding="utf-8")
            if whole.rstrip().endswith(self.text):
                above = whole.count("\n", 0, whole.rindex(self.text))
                return f"{path.relative_to(self.root).as_posix()}, line {above + line + 1}"
        return f"line {line + 1}"

    def problems(self) -> Problems:
        """Returns the problems of the blocks, each with its line. Nothing after an unclosed block is reported."""
        markers: Problems = [(line - 1, CONFLICT) for line in conflicts(self.text)]
        return markers or list(self._unclosed()) or [(mark.line, self._why_lost(mark)) for mark in self.lost]

    def _unclosed(self) -> Iterator[tuple[int, str]]:
        opened: Mark | None = None
        for mark in [*self.marks, None]:
            is_head = bool(mark and str(mark))
            if opened and (is_head or mark is None):
                yield opened.line, f"/// {opened}: the block is not closed; end it with a line that is only ///"
            elif mark and not opened and not is_head:
                yield mark.line, "one more line with /// than there are blocks to close; remove it"
            opened = mark if is_head else None

    def _why_lost(self, mark: Mark) -> str:
        if mark.name not in self.names:
            near = " or ".join(difflib.get_close_matches(mark.name, self.names, 1))
            hint = f"did you mean {near}?" if near else f"there are: {', '.join(self.names)}"
            return f"/// {mark}: there is no block {mark.name!r}; {hint}"
        if not mark.argument:
            return f"/// {mark}: behind a | stands what it is about; a line that is only /// closes it"
        return f"/// {mark}: {NOT_UNDERSTOOD}"


class BlocksProcessor(Treeprocessor, ABC):
    """A treeprocessor that fills the elements of blocks, and reports problems by file and line."""

    def __init__(self, md: Markdown, root: Path) -> None:
        super().__init__(md)
        markdown: Any = md  # its registries have no useful types
        self.md = markdown
        self.root = root
        self.blocks: ReadBlocks = markdown.preprocessors[READER]

    def run(self, root: etree.Element) -> None:
        found = self.fill(root)
        problems = [text if line is None else f"{self.blocks.where(line)}: {text}" for line, text in found]
        for problem in problems:
            log.warning(problem)
        if problems and os.environ.get(STRICT):
            raise SystemExit("\n".join(problems))
        if problems:
            box = etree.Element("div", {"class": "admonition failure", "role": "alert"})
            etree.SubElement(box, "p", {"class": "admonition-title"}).text = "The prose and the code disagree"
            listed = etree.SubElement(box, "ul")
            for problem in problems:
                etree.SubElement(listed, "li").text = AtomicString(problem)
            root.insert(0, box)

    @abstractmethod
    def fill(self, root: etree.Element) -> Problems:
        """Fills the elements; returns the problems."""


class CheckBlocks(BlocksProcessor):
    """Reports the blocks that could not be processed."""

    def fill(self, root: etree.Element) -> Problems:
        return self.blocks.problems()
