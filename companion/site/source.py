"""What a page says about the repository: one text where its address is known, and another where it is not."""

from __future__ import annotations

import xml.etree.ElementTree as etree

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from companion.site.blocks import MarkedBlock

KNOWN, UNKNOWN = "known", "unknown"
REPOSITORY = "repository:"  # what a link to the repository has in place of an address


class SourceBlock(MarkedBlock):
    """`/// source | known` or `/// source | unknown`; in the first, `[text](repository:)` leads to the repository."""

    NAME = "source"

    def make(self, parent: etree.Element) -> etree.Element:
        return etree.SubElement(parent, "div", {"class": "so", "data-source": self.argument.strip()})


class ShowSource(Treeprocessor):
    """Keeps the text that is true for this build, and takes the other one away."""

    def __init__(self, md: Markdown, repository: str) -> None:
        super().__init__(md)
        self.repository = repository

    def run(self, root: etree.Element) -> None:
        kept = KNOWN if self.repository else UNKNOWN
        for parent in list(root.iter()):
            for block in [child for child in parent if child.get("class") == "so"]:
                if block.attrib.pop("data-source") != kept:
                    parent.remove(block)
        for link in root.iter("a"):
            if link.get("href") == REPOSITORY:
                link.set("href", self.repository)
