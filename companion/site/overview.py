"""The whole way at a glance: the stages of a part, what each adds, and how long it takes to read."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as etree
from pathlib import Path

from companion.chain import stages
from companion.chain.changes import changes
from companion.chain.chapters import Chapter, find_chapter, no_prose, parse
from companion.chain.selectors import selectors
from companion.site.blocks import BlocksProcessor, MarkedBlock, Problems
from companion.site.templates import element

WORDS_A_MINUTE = 200  # a slow reader of technical prose
LINES_A_MINUTE = 15  # of code next to the prose; a suite is skimmed and generated code skipped
PART_1 = "1-8"
COMMENT = re.compile(r"<!--.*?-->")


class WayBlock(MarkedBlock):
    """`/// way | 1-8`: the stages with these numbers; `9-`: all from there on; `final`: the last one alone.

    The prose of the block is shown as long as there is none of them.
    """

    NAME, CSS = "way", "wy"

    def make(self, parent: etree.Element) -> etree.Element:
        way = super().make(parent)
        etree.SubElement(way, "ol", {"data-search-exclude": ""})
        self.content = etree.SubElement(way, "div")
        return way


def minutes(page: Chapter, root: Path = stages.ROOT) -> int:
    """How long a chapter takes to read: its words at 200 a minute, and 15 lines of the stage's code a minute.

    Tests and generated files are not counted.
    """
    lines = page.body.splitlines()
    marks, fences = parse(lines)
    skipped = no_prose(marks, fences)
    prose = sum(len(COMMENT.sub("", line).split()) for n, line in enumerate(lines) if n not in skipped)
    made = {path for mark in marks if mark.options.get("generated") for path in selectors(mark.argument)}
    diff = changes(page.stage, stages.previous(page.stage, root)).files
    code = sum(c.added for path, c in diff.items() if path not in made and not path.startswith("tests/"))
    return math.ceil(prose / WORDS_A_MINUTE + code / LINES_A_MINUTE)


def meant(argument: str, chain: tuple[stages.Stage, ...]) -> list[stages.Stage]:
    """The stages that the argument of a block means. Raises ValueError, whose message says what to write."""
    if argument == stages.FINAL:
        return [stage for stage in chain if stage.name == stages.FINAL]
    limits = re.fullmatch(r"(\d+)-(\d*)", argument)
    if not limits:
        raise ValueError(f"/// way | {argument}: write the numbers of stages, as in 1-8 or 9-, or {stages.FINAL}")
    first, last = int(limits[1]), int(limits[2] or 99)
    return [stage for stage in chain if first <= stage.number <= last and stage.name != stages.FINAL]


def duration(total: int) -> str:
    """A number of minutes in words; from an hour on, in half hours."""
    if total < 60:
        return f"{total} minutes"
    halves = round(total / 30)
    whole = str(halves // 2) + ("½" if halves % 2 else "")
    return f"{whole} hour{'' if whole == '1' else 's'}"


class ShowWay(BlocksProcessor):
    """Fills the lists of stages, and the values that pages have: `{{stages}}`, `{{reading time}}`, `{{part 1}}`."""

    def fill(self, root: etree.Element) -> Problems:
        ways = self.blocks.of(WayBlock.NAME)
        if not ways:
            return []
        pages = {stage: page for stage in stages.stages(self.root) if (page := find_chapter(stage, self.root))}
        times = {stage: minutes(page, self.root) for stage, page in pages.items()}
        problems: Problems = []
        for mark, way in ways:
            try:
                chosen = meant(mark.argument, tuple(pages))
            except ValueError as error:
                problems.append((mark.line, str(error)))
                continue
            rows = [("✓" if s.name == stages.FINAL else s.number, pages[s], times[s]) for s in chosen]
            way[0].extend(element("stages", rows=rows))
            way.remove(way[1] if chosen else way[0])
        values = {
            "{{stages}}": str(len(pages)),
            "{{reading time}}": duration(sum(times.values())),
            "{{part 1}}": duration(sum(times[stage] for stage in meant(PART_1, tuple(pages)))),
        }
        for child in root.iter():
            for name, value in values.items():
                child.text = child.text and child.text.replace(name, value)
        return problems
