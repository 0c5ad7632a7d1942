"""The Python-Markdown side: two blocks and one tree processor. Nothing here imports the site's builder.

    /// chapter | 04-authentication-backend
    ///

    /// beside | authentication/tokens.py#issue_token, authentication/tokens.py#imports
    Prose, which stands beside the diff of these lines.
    ///

The option `generated: COMMAND`, indented below the head of a `beside` block, folds its panes behind the command
that writes them.
"""

from __future__ import annotations

import logging
import os
import re
import xml.etree.ElementTree as etree
from html import unescape
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from pymdownx.blocks import BlocksExtension
from pymdownx.blocks.block import Block, type_string

from companion import stages
from companion.reading import panes as html
from companion.reading.changes import StageChanges, changes
from companion.reading.code import text
from companion.reading.head import head
from companion.reading.narration import REST, Claim, narrate
from companion.reading.panes import Pane

log = logging.getLogger("mkdocs.companion")  # below "mkdocs", so that a strict build counts the warnings
STRICT = "COMPANION_STRICT"  # set it for a builder that counts no warnings: a problem then stops it


class Chapter(Block):  # type: ignore[misc]  # pymdownx has no types
    """Names the stage of the page; becomes the head of the chapter."""

    NAME, ARGUMENT = "chapter", True

    def on_create(self, parent: etree.Element) -> etree.Element:
        return etree.SubElement(parent, "div", {"class": "rd-chapter", "data-stage": self.argument.strip()})


class Beside(Block):  # type: ignore[misc]  # pymdownx has no types
    """Prose, and the selectors of the lines that stand beside it."""

    NAME, ARGUMENT = "beside", True
    OPTIONS = {"generated": ["", type_string]}

    def on_create(self, parent: etree.Element) -> etree.Element:
        marks = {"class": "rd-step", "data-beside": self.argument.strip(), "data-made-by": self.options["generated"]}
        step = etree.SubElement(parent, "div", marks)
        self.prose = etree.SubElement(step, "div", {"class": "rd-prose"})
        return step

    def on_add(self, block: etree.Element) -> etree.Element:
        return self.prose


class CountBlocks(Preprocessor):
    """Counts the blocks that the author meant: a misspelt one is plain text to the block processor."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self.opened = self.closed = 0

    def run(self, lines: list[str]) -> list[str]:
        self.opened = self.closed = 0
        fence = ""
        for line in lines:
            mark = re.match(r"\s*(`{3,}|~{3,})", line)
            if mark and (not fence or line.strip() == fence):
                fence = "" if fence else mark[1]
            elif not fence and (block := re.match(r"/{3,}\s*(\S*)", line)):
                self.opened += bool(block[1])
                self.closed += not block[1]
        return lines


class PlacePanes(Treeprocessor):
    """Puts the panes beside the prose, and the problems where the author sees them."""

    def __init__(self, md: Markdown, count: CountBlocks, root: Path, blob: str) -> None:
        super().__init__(md)
        self.md: Any = md
        self.count, self.root, self.blob = count, root, blob

    def run(self, root: etree.Element) -> None:
        chapters = [e for e in root.iter("div") if e.get("class") == "rd-chapter"]
        steps = [e for e in root.iter("div") if e.get("class") == "rd-step"]
        problems = self._miscounted(len(chapters) + len(steps))
        if len(chapters) > 1 or (steps and not chapters):
            problems.append("a page with beside blocks has exactly one chapter block: /// chapter | NN-name")
        elif chapters:
            problems += self._fill(root, chapters[0], steps)
        self._report(root, problems)

    def _miscounted(self, understood: int) -> list[str]:
        opened, closed = self.count.opened, self.count.closed
        if opened != closed:
            return [f"{opened} blocks are opened and {closed} closed: each ends with a line that is only ///"]
        if opened != understood:
            return [f"{opened} blocks are meant and {understood} understood: look for a misspelt one (/// beside | …)"]
        return []

    def _fill(self, root: etree.Element, chapter: etree.Element, steps: list[etree.Element]) -> list[str]:
        try:
            stage = stages.find(chapter.attrib.pop("data-stage"), self.root)
        except stages.UnknownStage as error:
            return [str(error)]
        diff = changes(stage, stages.previous(stage, self.root))
        wanted = [(n, selector) for n, step in enumerate(steps) for selector in _selectors(step)]
        claims, problems = narrate(diff, wanted)
        first_pane: dict[str, str] = {}
        for n, step in enumerate(steps):
            self._beside(step, [claim for claim in claims if claim.step == n], first_pane)
        self._put(chapter, head(diff, len(stages.stages(self.root)), first_pane))
        _open(root, chapter)
        self._put(etree.SubElement(root, "div", {"class": "rd-files"}), self._whole_files(diff))
        return problems

    def _beside(self, step: etree.Element, claims: list[Claim], first_pane: dict[str, str]) -> None:
        command = step.attrib.pop("data-made-by")
        groups = _together(claims)
        panes = [html.pane(group, self.blob) for group in groups]
        if not panes:
            return
        step.set("id", f"step-{panes[0].ident}")
        for group, pane in zip(groups, panes, strict=True):
            first_pane.setdefault(group[0].change.path, pane.ident)
        told = [pane for group, pane in zip(groups, panes, strict=True) if not command and not _is_suite(group)]
        side = "".join(pane.html for pane in told)
        if quiet := [group for group in groups if command or _is_suite(group)]:
            fold = [pane for pane in panes if pane not in told]
            side += html.folded(fold, [claim for group in quiet for claim in group], command)
        self._put(etree.SubElement(step, "div", {"class": "rd-side"}), side)
        self._link(step[0], told)

    def _whole_files(self, diff: StageChanges) -> str:
        files = "".join(html.whole(change) for change in diff.files.values() if change.new_text)
        return f'<h2 id="files">The files, whole</h2>{files}'

    def _link(self, prose: etree.Element, panes: list[Pane]) -> None:
        """Make a link of code in the prose that stands on exactly one line beside it."""
        lines = {ident: line for pane in panes for ident, line in pane.lines.items()}
        seen: set[str] = set()
        for parent in list(prose.iter()):
            if parent.tag in ("a", "pre", "h1", "h2", "h3", "h4"):
                continue
            for code in [child for child in parent if child.tag == "code"]:
                shown = unescape("".join(code.itertext()))
                word = shown.strip().removesuffix("()")
                pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
                hits = [ident for ident, line in lines.items() if pattern.search(line)]
                if len(word) > 2 and word not in seen and len(hits) == 1:
                    seen.add(word)
                    self._replace(parent, code, f'<a class="rd-ref" href="#{hits[0]}"><code>{text(shown)}</code></a>')

    def _replace(self, parent: etree.Element, code: etree.Element, markup: str) -> None:
        # Stashed as raw HTML, because the builder's check of links does not see the ids of our lines.
        index = list(parent).index(code)
        words = self.md.htmlStash.store(markup) + (code.tail or "")
        if index:
            parent[index - 1].tail = (parent[index - 1].tail or "") + words
        else:
            parent.text = (parent.text or "") + words
        parent.remove(code)

    def _put(self, element: etree.Element, markup: str) -> None:
        element.text = AtomicString(self.md.htmlStash.store(markup))

    def _report(self, root: etree.Element, problems: list[str]) -> None:
        for problem in problems:
            log.warning(problem)
        if problems and os.environ.get(STRICT):
            raise SystemExit("\n".join(problems))
        if problems:
            box = etree.Element("div", {"class": "admonition failure", "role": "alert"})
            etree.SubElement(box, "p", {"class": "admonition-title"}).text = "The prose and the code disagree"
            listed = etree.SubElement(box, "ul")
            for problem in problems:
                etree.SubElement(listed, "li").text = AtomicString(problem)
            root.insert(0, box)


def _open(root: etree.Element, chapter: etree.Element) -> None:
    """Put what stands above the first heading or step beside the head of the chapter."""
    intro = etree.Element("div", {"class": "rd-intro"})
    opening = etree.Element("div", {"class": "rd-opening"})
    opening.extend([intro, chapter])
    for element in list(root):
        if element.tag == "h2" or element.get("class") == "rd-step":
            break
        root.remove(element)
        if element is not chapter:
            intro.append(element)
    root.insert(0, opening)


def _selectors(step: etree.Element) -> list[str]:
    """The selectors of a step. A file that a command wrote is meant as a whole: nobody adds to it by hand."""
    selectors = [selector.strip() for selector in re.split(r",\s+", step.attrib.pop("data-beside"))]
    if step.get("data-made-by"):
        return [selector if "#" in selector else f"{selector}#{REST}" for selector in selectors]
    return selectors


def _together(claims: list[Claim]) -> list[list[Claim]]:
    """The claims of one step by pane: neighbours in one file share a pane."""
    groups: list[list[Claim]] = []
    for claim in (c for c in claims if c.owned or not c.change.rows):
        for group in groups:
            if group[0].change is claim.change and _is_suite(group) == _is_suite([claim]) and claim.owned:
                group.append(claim)
                break
        else:
            groups.append([claim])
    return groups


def _is_suite(group: list[Claim]) -> bool:
    """Whether the pane holds the rest of a suite, which counts as told when it is there to unfold."""
    path, _, what = group[0].selector.partition("#")
    return path.startswith("tests/") and what in ("", REST)


class ReadingExtension(BlocksExtension):  # type: ignore[misc]  # pymdownx has no types
    """Options: `root`, the folder above `steps/`; `blob`, the address of a file in the repository ("" for none)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.config = {
            "root": [str(stages.ROOT), "the folder that holds steps/ and final/"],
            "blob": ["", "address of a file in the repository, with {path} and {line} in it"],
        }
        super().__init__(*args, **kwargs)

    def extendMarkdownBlocks(self, md: Markdown, block_mgr: Any) -> None:
        block_mgr.register(Chapter, {})
        block_mgr.register(Beside, {})
        count = CountBlocks(md)
        md.preprocessors.register(count, "companion-count", 100)
        place = PlacePanes(md, count, Path(self.getConfig("root")), self.getConfig("blob"))
        md.treeprocessors.register(place, "companion-place", 15)


def makeExtension(**kwargs: Any) -> ReadingExtension:
    """What Python-Markdown calls to load the extension."""
    return ReadingExtension(**kwargs)
