"""The picture of the start page. It stands in the page itself, so that it has the page's colours, light or dark."""

from __future__ import annotations

import xml.etree.ElementTree as etree
from pathlib import Path

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from companion.site.journey import drawing
from companion.site.page_blocks import PageBlock


class PictureBlock(PageBlock):
    """`/// picture | journey`: the way of a request; the prose of the block is its caption."""

    NAME = "picture"

    def make(self, parent: etree.Element) -> etree.Element:
        figure = etree.SubElement(parent, "figure", {"class": "pc"})
        etree.SubElement(figure, "div", {"class": "pc-drawing", "data-search-exclude": ""})
        self.caption = etree.SubElement(figure, "figcaption")
        return figure

    def on_add(self, block: etree.Element) -> etree.Element:
        return self.caption


class ShowPicture(Treeprocessor):
    """Puts the drawing into the figure."""

    def __init__(self, md: Markdown, root: Path) -> None:
        super().__init__(md)
        self.root = root

    def run(self, root: etree.Element) -> None:
        assert self.md is not None
        for element in root.iter("div"):
            if element.get("class") == "pc-drawing":
                element.text = AtomicString(self.md.htmlStash.store(drawing(self.root)))
