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
import xml.etree.ElementTree as etree
from collections import Counter
from collections.abc import Iterator

from markdown import Markdown
from markdown.preprocessors import Preprocessor
from pymdownx.blocks.block import Block, type_string

from companion.chain.chapters import BESIDE, CHAPTER, Mark, parse


class Chapter(Block):  # type: ignore[misc]  # pymdownx has no types
    """Names the stage of the page; becomes the head of the chapter."""

    NAME, ARGUMENT = CHAPTER, True

    def on_create(self, parent: etree.Element) -> etree.Element:
        return etree.SubElement(parent, "div", {"class": "rd-chapter", "data-chapter": self.argument.strip()})


class Beside(Block):  # type: ignore[misc]  # pymdownx has no types
    """Prose, and the selectors of the lines that stand beside it."""

    NAME, ARGUMENT = BESIDE, True
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
    reports neither.
    """

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self.heads: list[Mark] = []
        self.unclosed: list[str] = []
        self.elsewhere: set[str] = set()  # names of blocks that another extension understands

    def run(self, lines: list[str]) -> list[str]:
        marks, _ = parse(lines)
        self.heads = [mark for mark in marks if str(mark)]
        self.unclosed = list(_unclosed(marks))
        return lines

    def problems(self, understood: list[tuple[str, str]]) -> list[str]:
        """What is wrong with the blocks; `understood` are the names and arguments that became elements."""
        here = [(head.name, head.argument) for head in self.heads if head.name not in self.elsewhere]
        lost = Counter(here) - Counter(understood)
        return self.unclosed or [_not_understood(*head) for head in lost]


def _unclosed(marks: list[Mark]) -> Iterator[str]:
    """What is wrong with where blocks end: one is left open, or a line with /// closes none."""
    opened = last = None
    for mark in [*marks, None]:
        if opened and (mark is None or str(mark)):
            yield f"/// {opened}: the block is not closed; end it with a line that is only ///"
        elif mark and not opened and not str(mark):
            where = last or "the page's beginning"
            yield f"below {where}: one more line with /// than there are blocks to close; remove it"
        opened = mark if mark and str(mark) else None
        last = opened or last


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
