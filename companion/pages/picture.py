"""A drawing that stands in the page itself, so that it has the colours of the page, light or dark."""

from __future__ import annotations

import xml.etree.ElementTree as etree
from pathlib import Path

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from companion.pages.blocks import PageBlock
from companion.reading.report import report


class PictureBlock(PageBlock):
    """`/// picture | assets/request.svg`: an SVG file below docs/; the prose of the block is its caption."""

    NAME = "picture"

    def make(self, parent: etree.Element) -> etree.Element:
        figure = etree.SubElement(parent, "figure", {"class": "pc", "data-picture": self.argument.strip()})
        self.caption = etree.SubElement(figure, "figcaption")
        return figure

    def on_add(self, block: etree.Element) -> etree.Element:
        return self.caption


class ShowPicture(Treeprocessor):
    """Puts the file's text into the figure."""

    def __init__(self, md: Markdown, root: Path) -> None:
        super().__init__(md)
        self.docs = root / "docs"

    def run(self, root: etree.Element) -> None:
        for figure in [element for element in root.iter("figure") if element.get("class") == "pc"]:
            file = self.docs / figure.attrib.pop("data-picture")
            if not file.is_file():
                report(root, "page", [f"/// picture | {file.name}: there is no file {file.relative_to(self.docs.parent)}"])
                continue
            holder = etree.Element("div", {"class": "pc-drawing"})
            assert self.md is not None
            holder.text = AtomicString(self.md.htmlStash.store(file.read_text(encoding="utf-8").strip()))
            figure.insert(0, holder)
