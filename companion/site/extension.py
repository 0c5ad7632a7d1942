"""The Python-Markdown extension of the site: `companion.site.extension` in mkdocs.yml.

Blocks: `chapter` and `beside` (chapters), `fault` and `tally` (docs/errata.md), `way`, `part`, `picture` and `spread`
(docs/index.md), `versions` (docs/about.md), `source` (wherever a page names the repository).
On all pages, terms of the glossary are explained, notes on 2018 link to the errata, tokens are decoded, and commands
are translated for PowerShell.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markdown import Markdown
from pymdownx.blocks import BlocksExtension
from pymdownx.snippets import SnippetExtension

from companion.chain import stages
from companion.site import powershell, token_figures
from companion.site.blocks import (
    READER,
    BesideBlock,
    ChapterBlock,
    CheckBlocks,
    PartBlock,
    PictureBlock,
    ReadBlocks,
    SpreadBlock,
)
from companion.site.chapter_page import ListContents, PlacePanes
from companion.site.command_rows import KeepOptions, KeepWords, PlaceCommands
from companion.site.errata import FaultBlock, FillFaults, LinkNotes, TallyBlock
from companion.site.glossary import ExplainWords
from companion.site.overview import ShowWay, WayBlock
from companion.site.source import ShowSource, SourceBlock
from companion.site.versions import ShowVersions, VersionsBlock

BLOCKS = [BesideBlock, ChapterBlock, FaultBlock, PartBlock, PictureBlock, SourceBlock, TallyBlock, VersionsBlock]
BLOCKS += [SpreadBlock, WayBlock]


class SiteExtension(BlocksExtension):  # type: ignore[misc]  # pymdownx has no type hints
    """Options: `root`, the folder that has `docs/` and `steps/`; `repository`, its URL, or "" for none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.config = {
            "root": [str(stages.ROOT), "the folder that has docs/, steps/ and final/"],
            "repository": ["", "address of the repository; without one, no page leads there"],
        }
        super().__init__(*args, **kwargs)

    def extendMarkdownBlocks(self, md: Markdown, block_mgr: Any) -> None:
        root, repository = Path(self.getConfig("root")), (self.getConfig("repository") or "").rstrip("/")
        for block in BLOCKS:
            block_mgr.register(block, {"root": root})
        md.preprocessors.register(ReadBlocks(md, root, sorted(block.NAME for block in BLOCKS)), READER, 100)
        # `--8<-- "FILE"` includes an exercise or recording. A path in mkdocs.yml depends on the current folder.
        places = [str(root / "exercises"), str(root / "docs/assets")]
        SnippetExtension(base_path=places, check_paths=True).extendMarkdown(md)
        powershell.register(md)
        md.postprocessors.register(KeepOptions(md), "companion-options", 5)
        token_figures.register(md)
        # Inline Markdown is parsed at priority 20, and headings get their ids at 5.
        for priority, processor in (
            (30, CheckBlocks(md, root)),
            (25, FillFaults(md, root)),
            (25, ShowWay(md, root)),
            (25, ShowVersions(md, root)),
            (15, PlacePanes(md, root, repository)),
            (8, ShowSource(md, repository)),
            (7, ExplainWords(md, root)),
            (7, LinkNotes(md, root)),
            (6, KeepWords(md)),
            (4, ListContents(md)),
            (3, PlaceCommands(md)),
        ):
            md.treeprocessors.register(processor, f"companion-{type(processor).__name__}", priority)


def makeExtension(**kwargs: Any) -> SiteExtension:
    """Creates the extension; Python-Markdown calls this."""
    return SiteExtension(**kwargs)
