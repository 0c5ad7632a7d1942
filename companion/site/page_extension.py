"""The Python-Markdown side of the pages around the chapters. Load it after `companion.site.chapter_extension`.

Blocks: `fault` and `tally` (docs/errata.md), `way`, `part` and `picture` (docs/index.md), `versions` (docs/about.md),
`source` (wherever the repository is named).
In all pages: the words of the glossary are explained, notes on 2018 lead to the errata, tokens are taken apart.
"""

from __future__ import annotations

import xml.etree.ElementTree as etree
from collections import Counter
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from pymdownx.blocks import BlocksExtension

from companion.chain import stages
from companion.site import token_figures
from companion.site.chapter_blocks import ReadBlocks
from companion.site.errata import FaultBlock, LinkNotes, TallyBlock, TellFaults
from companion.site.glossary import ExplainWords
from companion.site.overview import PartBlock, ShowWay, WayBlock
from companion.site.picture import PictureBlock, ShowPicture
from companion.site.problems import report
from companion.site.source import ShowSource, SourceBlock
from companion.site.versions import ShowVersions, VersionsBlock

NOT_UNDERSTOOD = (
    "the block is not understood; look at its options (YAML: a value with a backtick or a colon stands in quotes), "
    "and at the empty line before it"
)
BLOCKS = (FaultBlock, TallyBlock, WayBlock, PartBlock, PictureBlock, VersionsBlock, SourceBlock)


class CountBlocks(Treeprocessor):
    """Finds the blocks of these pages that were not understood: a misspelt option makes plain text of them."""

    def __init__(self, md: Markdown, heads: ReadBlocks) -> None:
        super().__init__(md)
        self.heads = heads

    def run(self, root: etree.Element) -> None:
        names = [block.NAME for block in BLOCKS]
        marks = Counter(mark for element in root.iter() if (mark := element.attrib.pop("data-block", None)))
        meant = Counter(f"{head.name} | {head.argument}" for head in self.heads.heads if head.name in names)
        lost = meant - marks
        report(root, "page", [f"/// {head}: {NOT_UNDERSTOOD}" for head in lost])


class PagesExtension(BlocksExtension):  # type: ignore[misc]  # pymdownx has no types
    """Options: `root`, the folder above `docs/` and `steps/`; `repository`, its address ("" for none)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.config = {
            "root": [str(stages.ROOT), "the folder that holds docs/ and steps/"],
            "repository": ["", "address of the repository; without one, no page leads there"],
        }
        super().__init__(*args, **kwargs)

    def extendMarkdownBlocks(self, md: Markdown, block_mgr: Any) -> None:
        root = Path(self.getConfig("root"))
        heads: Any = md.preprocessors["companion-blocks"]
        heads.elsewhere |= {block.NAME for block in BLOCKS}
        for block in BLOCKS:
            block_mgr.register(block, {})
        token_figures.register(md)
        before_lines_are_read, after_the_panes = 25, 7  # inline Markdown is read at 20, panes are placed at 15
        md.treeprocessors.register(CountBlocks(md, heads), "companion-count", before_lines_are_read + 5)
        for name, processor in {
            "faults": TellFaults(md, root),
            "way": ShowWay(md, root),
            "picture": ShowPicture(md, root),
            "versions": ShowVersions(md, root),
        }.items():
            md.treeprocessors.register(processor, f"companion-{name}", before_lines_are_read)
        source = ShowSource(md, self.getConfig("repository"))
        md.treeprocessors.register(source, "companion-source", after_the_panes + 1)
        md.treeprocessors.register(ExplainWords(md, root), "companion-words", after_the_panes)
        md.treeprocessors.register(LinkNotes(md, root), "companion-notes", after_the_panes)


def makeExtension(**kwargs: Any) -> PagesExtension:
    """What Python-Markdown calls to load the extension."""
    return PagesExtension(**kwargs)
