"""Puts the commands of a chapter into the right column, next to the sentences before and after them."""

import re
import xml.etree.ElementTree as etree
from itertools import pairwise

from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE, AtomicString

# An option with a short value, or a word with a hyphen. A longer word may not fit on a phone.
HYPHENATED = re.compile(r"((?<!\S)(?:--?\w[\w-]* (?!-)\S{1,16}(?!\S)|(?=\S{2,24}(?!\S))\S*-\S*))")
TERMINAL = re.compile(r'(?<=<div class="language-)(?:console|sh) highlight".*?</pre>', re.DOTALL)
OPTION = re.compile(r"(?<=[ >])--?\w[\w-]*")
BLOCK = re.compile(r'<div class="(?:language-\S+ )?highlight"')


class PlaceCommands(Treeprocessor):
    """Wraps command blocks in a row with the paragraph before and the one after, unless that introduces a block."""

    def run(self, root: etree.Element) -> None:
        if not any(child.get("class") == "rd-opening" for child in root):
            return
        rows: list[etree.Element] = []
        column: etree.Element | None = None  # the blocks of the row that is still open
        for child, following in pairwise([*root, etree.Element("p")]):
            if self._is_block(child):
                if column is None:
                    introduction = [rows.pop()] if rows and rows[-1].tag == "p" else []
                    rows.append(etree.Element("div", {"class": "rd-row"}))
                    rows[-1].extend(introduction)
                    column = etree.SubElement(rows[-1], "div", {"class": "rd-blocks"})
                column.append(child)
                continue
            # A paragraph that ends with ":" introduces what follows, such as a table.
            ends_here = child.tag == "p" and not "".join(child.itertext()).rstrip().endswith(":")
            in_row = column is not None and ends_here and not self._is_block(following)
            (rows[-1] if in_row else rows).append(child)
            column = None
        root[:] = rows

    def _is_block(self, element: etree.Element) -> bool:
        if element.get("class", "").startswith("tabbed-set"):
            return True
        held = HTML_PLACEHOLDER_RE.fullmatch((element.text or "").strip()) if element.tag == "p" else None
        return bool(held and BLOCK.match(str(self.md.htmlStash.rawHtmlBlocks[int(held[1])])))


class KeepWords(Treeprocessor):
    """Keeps a short word of code, such as `--detach`, on one line. A browser would break it after a hyphen."""

    def run(self, root: etree.Element) -> None:
        for code in root.iter("code"):
            code.text, *words = map(AtomicString, HYPHENATED.split(code.text or ""))
            for hyphenated, rest in zip(words[::2], words[1::2], strict=True):
                word = etree.SubElement(code, "span", {"class": "rd-word"})
                word.text, word.tail = hyphenated, rest


class KeepOptions(Postprocessor):
    """Marks the options of commands. The style sheet lets a line end before an option, but not in it or after it."""

    def run(self, text: str) -> str:
        return TERMINAL.sub(lambda block: OPTION.sub(r'<span class="rd-word">\g<0></span>', block[0]), text)
