"""Puts the blocks of commands of a chapter into the right column, next to the sentences before and after them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree

from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE

BLOCK = re.compile(r'<div class="(?:language-\S+ )?highlight"')


class PlaceCommands(Treeprocessor):
    """Wraps a block with the paragraph before it, and with the one after it, unless that leads to the next block."""

    def run(self, root: etree.Element) -> None:
        if not any(child.get("class") == "rd-opening" for child in root):
            return
        rows: list[etree.Element] = []
        children = list(root)
        for n, child in enumerate(children):
            following = children[n + 1] if n + 1 < len(children) else None
            row = rows[-1] if rows and rows[-1].get("class") == "rd-row" else None
            if self._is_block(child):
                if row is None:
                    row = etree.Element("div", {"class": "rd-row"})
                    if rows and rows[-1].tag == "p":
                        row.append(rows.pop())
                    rows.append(row)
                row.append(child)
            elif (
                row is not None and self._is_block(row[-1]) and self._ends_here(child) and not self._is_block(following)
            ):
                row.append(child)
            else:
                rows.append(child)
        root[:] = rows

    def _ends_here(self, element: etree.Element) -> bool:
        """Whether it is a paragraph that leads to nothing below it, such as a table."""
        return element.tag == "p" and not "".join(element.itertext()).rstrip().endswith(":")

    def _is_block(self, element: etree.Element | None) -> bool:
        if element is None:
            return False
        if element.get("class", "").startswith("tabbed-set"):
            return True
        held = HTML_PLACEHOLDER_RE.fullmatch((element.text or "").strip()) if element.tag == "p" else None
        return bool(held and BLOCK.match(str(self.md.htmlStash.rawHtmlBlocks[int(held[1])])))
