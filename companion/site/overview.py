"""Lists the stages of a part, with what each adds and how long its chapter takes to read."""

import math
import re
import xml.etree.ElementTree as etree
from pathlib import Path

from companion.chain import stages
from companion.chain.changes import changes
from companion.chain.chapters import Chapter, find_chapter, no_prose, parse
from companion.chain.selectors import selectors
from companion.site.blocks import MarkedBlock, PageProcessor
from companion.site.templates import element

WORDS_A_MINUTE = 200  # for a slow reader of technical text
LINES_A_MINUTE = 15  # of code next to the text; tests are skimmed and generated code is skipped
PART_1 = "1-8"
COMMENT = re.compile(r"<!--.*?-->")


class WayBlock(MarkedBlock):
    """`/// way | 1-8`: the stages with these numbers; `9-`: all from 9 on; `final`: only the last one."""

    NAME, CSS = "way", "wy"


def minutes(page: Chapter, root: Path = stages.ROOT) -> int:
    """Returns how many minutes a chapter takes to read: 200 words or 15 lines of the stage's code a minute.

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


def chosen_stages(argument: str, chain: tuple[stages.Stage, ...]) -> list[stages.Stage]:
    """Returns the stages that the argument of a block selects. Raises ValueError, which says what to write."""
    if argument == stages.FINAL:
        return [stage for stage in chain if stage.name == stages.FINAL]
    limits = re.fullmatch(r"(\d+)-(\d*)", argument)
    if not limits:
        raise ValueError(f"/// way | {argument}: write the numbers of stages, as in 1-8 or 9-, or {stages.FINAL}")
    first, last = int(limits[1]), int(limits[2] or 99)
    return [stage for stage in chain if first <= stage.number <= last and stage.name != stages.FINAL]


def duration(total: int) -> str:
    """Returns a number of minutes in words, rounded to half hours from one hour on."""
    if total < 60:
        return f"{total} minutes"
    halves = round(total / 30)
    whole = str(halves // 2) + ("½" if halves % 2 else "")
    return f"{whole} hour{'' if whole == '1' else 's'}"


class ShowWay(PageProcessor):
    """Fills the lists of stages, and replaces `{{stages}}`, `{{reading time}}` and `{{part 1}}` in the page."""

    def run(self, root: etree.Element) -> None:
        ways, place = self.reader.found[WayBlock.NAME], self.reader.root
        if not ways:
            return
        pages = {stage: page for stage in stages.stages(place) if (page := find_chapter(stage, place))}
        times = {stage: minutes(page, place) for stage, page in pages.items()}
        for mark, way in ways:
            try:
                chosen = chosen_stages(mark.argument, tuple(pages))
            except ValueError as error:
                self.reader.report(mark, str(error))
                continue
            rows = [("✓" if s.name == stages.FINAL else s.number, pages[s], times[s]) for s in chosen]
            way.append(element("stages", rows=rows))
        values = {
            "{{stages}}": str(len(pages)),
            "{{reading time}}": duration(sum(times.values())),
            "{{part 1}}": duration(sum(times[stage] for stage in chosen_stages(PART_1, tuple(pages)))),
        }
        for child in root.iter():
            for name, value in values.items():
                child.text = child.text and child.text.replace(name, value)
