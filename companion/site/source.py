"""Shows one of two texts about the repository, depending on whether its URL is known."""

from __future__ import annotations

import xml.etree.ElementTree as etree

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from companion.site.blocks import MarkedBlock

KNOWN, UNKNOWN = "known", "unknown"
REPOSITORY = "repository:"  # what a link to the repository has instead of a URL


class SourceBlock(MarkedBlock):
    """`/// source | known` or `/// source | unknown`; in the first, `[text](repository:)` links to the repository."""

    NAME = "source"

    def make(self, parent: etree.Element) -> etree.Element:
        return etree.SubElement(parent, "div", {"class": "so", "data-source": self.argument.strip()})


class ShowSource(Treeprocessor):
    """Keeps the block that matches this build, and removes the other."""

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
