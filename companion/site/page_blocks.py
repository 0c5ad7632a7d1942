"""What the blocks of these pages share."""

from __future__ import annotations

import xml.etree.ElementTree as etree

from pymdownx.blocks.block import Block


class PageBlock(Block):  # type: ignore[misc]  # pymdownx has no types
    """A block whose element says which one it came from, so that one that was not understood is noticed."""

    ARGUMENT = True

    def on_create(self, parent: etree.Element) -> etree.Element:
        element = self.make(parent)
        element.set("data-block", f"{self.NAME} | {self.argument.strip()}")
        return element

    def make(self, parent: etree.Element) -> etree.Element:
        """The element of the block, below `parent`."""
        raise NotImplementedError
