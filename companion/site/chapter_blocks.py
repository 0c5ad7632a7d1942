"""The two blocks that authors write, and what is wrong with how they wrote them.

    /// chapter | 04-authentication-backend
    ///

    /// beside | authentication/tokens.py#issue_token, authentication/tokens.py#imports
    Prose, which stands beside the diff of these lines.
    ///

The option `generated: COMMAND`, indented below the head of a `beside` block, folds its panes behind the command
that writes them.
"""

from __future__ import annotations

import difflib
import re
import xml.etree.ElementTree as etree
from collections import Counter

from markdown import Markdown
from markdown.preprocessors import Preprocessor
from pymdownx.blocks.block import Block, type_string

FENCE = re.compile(r"\s*(`{3,}|~{3,})")
MARK = re.compile(r" {0,3}/{3,}[ \t]*(.*)$")


class Chapter(Block):  # type: ignore[misc]  # pymdownx has no types
    """Names the stage of the page; becomes the head of the chapter."""

    NAME, ARGUMENT = "chapter", True

    def on_create(self, parent: etree.Element) -> etree.Element:
        return etree.SubElement(parent, "div", {"class": "rd-chapter", "data-chapter": self.argument.strip()})


class Beside(Block):  # type: ignore[misc]  # pymdownx has no types
    """Prose, and the selectors of the lines that stand beside it."""

    NAME, ARGUMENT = "beside", True
    OPTIONS = {"generated": ["", type_string]}

    def on_create(self, parent: etree.Element) -> etree.Element:
        marks = {"class": "rd-step", "data-beside": self.argument.strip(), "data-made-by": self.options["generated"]}
        step = etree.SubElement(parent, "div", marks)
        self.prose = etree.SubElement(step, "div", {"class": "rd-prose"})
        return step

    def on_add(self, block: etree.Element) -> etree.Element:
        return self.prose


NAMES = [Chapter.NAME, Beside.NAME]


class ReadBlocks(Preprocessor):
    """Reads which blocks the author meant.

    The block processor makes plain text of a misspelt block and closes an open one at the end of the page, and
    says neither.
    """

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self.heads: list[tuple[str, str]] = []  # name and argument
        self.unclosed: list[str] = []
        self.elsewhere: set[str] = set()  # names of blocks that another extension understands

    def run(self, lines: list[str]) -> list[str]:
        self.heads, self.unclosed = [], []
        fence = opened = ""
        for line in lines:
            mark = FENCE.match(line)
            if mark and (not fence or line.strip() == fence):
                fence = "" if fence else mark[1]
            elif not fence and (block := MARK.match(line)):
                opened = self._read(block[1].strip(), opened)
        if opened:
            self._left_open(opened)
        return lines

    def _read(self, head: str, opened: str) -> str:
        """Take in one line that begins with ///. Returns the head of the block that is open behind it."""
        if head:
            if opened:
                self._left_open(opened)
            name, _, argument = (part.strip() for part in head.partition("|"))
            self.heads.append((name, argument))
        elif not opened:
            last = " | ".join(self.heads[-1]) if self.heads else "the page's beginning"
            self.unclosed.append(f"below {last}: one more line with /// than there are blocks to close; remove it")
        return head

    def _left_open(self, head: str) -> None:
        self.unclosed.append(f"/// {head}: the block is not closed; end it with a line that is only ///")

    def problems(self, understood: list[tuple[str, str]]) -> list[str]:
        """What is wrong with the blocks; `understood` are the names and arguments that became elements."""
        here = [head for head in self.heads if head[0] not in self.elsewhere]
        lost = Counter(here) - Counter(understood)
        return self.unclosed or [_not_understood(name, argument) for name, argument in lost]


def _not_understood(name: str, argument: str) -> str:
    head = f"/// {name} | {argument}" if argument else f"/// {name}"
    if name not in NAMES:
        near = " or ".join(difflib.get_close_matches(name, NAMES, 1) or NAMES)
        return f"{head}: there is no block {name!r}; did you mean {near}?"
    if not argument:
        return f"{head}: behind a | stands what it is about; a line that is only /// closes it"
    return (
        f"{head}: the block is not understood; an empty line before it may be missing, and its only option is generated"
    )
