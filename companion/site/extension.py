"""The Python-Markdown extension of the site: `companion.site.extension` in mkdocs.yml.

Blocks: `chapter` and `beside` (chapters), `fault` and `tally` (docs/errata.md), `way`, `part`, `picture` and `spread`
(docs/index.md), `versions` (docs/about.md), `source` (wherever a page names the repository).
On all pages, terms of the glossary are explained, notes on 2018 link to the errata, tokens are decoded, and commands
are translated for PowerShell.
"""

from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.util import Processor, Registry
from pymdownx.blocks import BlocksExtension
from pymdownx.snippets import SnippetExtension

from companion.chain import stages
from companion.site.blocks import BLOCKS, ReadBlocks, ReportProblems
from companion.site.chapter_page import ListContents, PlacePanes
from companion.site.command_rows import KeepOptions, KeepWords, PlaceCommands
from companion.site.errata import FaultBlock, LinkNotes, TallyBlock
from companion.site.glossary import ExplainWords
from companion.site.overview import ShowWay, WayBlock
from companion.site.powershell import ExcludeFromSearch, WriteTabs
from companion.site.token_figures import AddFigures, Tint
from companion.site.versions import VersionsBlock

ALL_BLOCKS = (*BLOCKS, FaultBlock, TallyBlock, VersionsBlock, WayBlock)


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
        for block in ALL_BLOCKS:
            block_mgr.register(block, {})
        # `--8<-- "FILE"` includes an exercise or recording. A path in mkdocs.yml depends on the current folder.
        places = [str(root / "exercises"), str(root / "docs/assets")]
        SnippetExtension(base_path=places, check_paths=True).extendMarkdown(md)
        reader = ReadBlocks(md, root, repository, sorted(block.NAME for block in ALL_BLOCKS))
        registered: tuple[tuple[Registry[Any], float, Processor], ...] = (
            (md.preprocessors, 100, reader),
            (md.preprocessors, 28, WriteTabs(md)),  # fences are extracted at 25
            (md.preprocessors, 27, AddFigures(md)),
            (md.treeprocessors, 25, ShowWay(reader)),  # inline Markdown is parsed at 20
            (md.treeprocessors, 15, PlacePanes(reader)),
            (md.treeprocessors, 7, ExplainWords(reader)),
            (md.treeprocessors, 7, LinkNotes(reader)),
            (md.treeprocessors, 6, KeepWords(md)),  # headings get their ids at 5
            (md.treeprocessors, 4, ListContents(md)),
            (md.treeprocessors, 3, PlaceCommands(md)),
            (md.treeprocessors, 2, ReportProblems(reader)),
            (md.postprocessors, 5, ExcludeFromSearch(md)),  # raw HTML is put back at 30
            (md.postprocessors, 5, KeepOptions(md)),
            (md.postprocessors, 5, Tint(md)),
        )
        for registry, priority, processor in registered:
            registry.register(processor, f"companion-{type(processor).__name__}", priority)


def makeExtension(**kwargs: Any) -> SiteExtension:
    """Creates the extension; Python-Markdown calls this."""
    return SiteExtension(**kwargs)
