"""The Python-Markdown side: puts the panes beside the prose. Nothing here imports the site's builder."""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from pymdownx.blocks import BlocksExtension

from companion.chain import stages
from companion.chain.changes import StageChanges, changes
from companion.chain.steps import Step, lay_out
from companion.site import panes as html
from companion.site.chapter_blocks import Beside, Chapter, ReadBlocks
from companion.site.chapter_head import about_2018, contents, head, way
from companion.site.highlighting import text
from companion.site.panes import Pane
from companion.site.problems import report


class PlacePanes(Treeprocessor):
    """Puts the panes beside the prose, and the problems where the author sees them."""

    def __init__(self, md: Markdown, blocks: ReadBlocks, root: Path, repository: str | None) -> None:
        super().__init__(md)
        self.md: Any = md
        address = (repository or "").rstrip("/")
        self.blocks, self.root = blocks, root
        self.blob = f"{address}/blob/main/{{path}}#L{{line}}" if address else ""
        self.report = f"{address}/issues/new?title={{title}}" if address else ""
        self.page = ""

    def run(self, root: etree.Element) -> None:
        chapters = [e for e in root.iter("div") if e.get("class") == "rd-chapter"]
        steps = [e for e in root.iter("div") if e.get("class") == "rd-step"]
        understood = [(Chapter.NAME, chapter.get("data-chapter", "")) for chapter in chapters]
        understood += [(Beside.NAME, step.get("data-beside", "")) for step in steps]
        problems = self.blocks.problems(understood)
        if len(chapters) > 1 or (steps and not chapters):
            problems.append("a page with beside blocks has exactly one chapter block: /// chapter | NN-name")
        elif chapters:
            problems += self._fill(root, chapters[0], steps)
        self._report(root, " and ".join(argument for name, argument in understood if name == Chapter.NAME), problems)

    def _fill(self, root: etree.Element, chapter: etree.Element, steps: list[etree.Element]) -> list[str]:
        try:
            stage = stages.find(chapter.attrib.pop("data-chapter"), self.root)
        except stages.UnknownStage as error:
            return [str(error)]
        self.page = stage.name
        diff = changes(stage, stages.previous(stage, self.root))
        marks = [(step.attrib.pop("data-beside"), step.attrib.pop("data-made-by")) for step in steps]
        shown, problems = lay_out(diff, marks)
        first_pane: dict[str, str] = {}
        blob = self.blob.replace("{path}", f"{stage.path.relative_to(self.root).as_posix()}/{{path}}")
        for element, step in zip(steps, shown, strict=True):
            self._beside(element, step, blob)
            for excerpt in step.excerpts:
                first_pane.setdefault(excerpt.change.path, excerpt.ident)
        nav = way(stage, stages.stages(self.root), self.root)
        nav.tail = AtomicString(self.md.htmlStash.store(head(diff, first_pane)))
        chapter.append(nav)
        if (note := about_2018(self.root)) is not None:
            chapter.append(note)
        _open(root, chapter)
        self._put(etree.SubElement(root, "div", {"class": "rd-files"}), self._whole_files(diff))
        return problems

    def _beside(self, element: etree.Element, step: Step, blob: str) -> None:
        if not step.excerpts:
            return
        element.set("id", step.ident)
        panes = [(excerpt, html.pane(excerpt, blob)) for excerpt in step.excerpts]
        told = [pane for excerpt, pane in panes if not (step.generated or excerpt.is_suite)]
        quiet = [(excerpt, pane) for excerpt, pane in panes if step.generated or excerpt.is_suite]
        side = "".join(pane.html for pane in told) + (html.folded(quiet, step.generated) if quiet else "")
        self._put(etree.SubElement(element, "div", {"class": "rd-side"}), side)
        self._link(element[0], told)
        self._put(etree.SubElement(element, "p", {"class": "rd-foot", "data-search-exclude": ""}), self._foot(step))

    def _foot(self, step: Step) -> str:
        foot = f'<a href="#{step.ident}">Link to this step</a>'
        if self.report:
            title = f"{self.page}, {step.ident.removeprefix('step-')}"
            foot += f'<a href="{text(self.report.format(title=quote(title)))}">Report a mistake here</a>'
        return foot

    def _whole_files(self, diff: StageChanges) -> str:
        files = "".join(html.whole(change) for change in diff.files.values() if html.has_whole(change))
        return f'<h2 id="files" data-search-exclude>The files, whole</h2>{files}'

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

    def _report(self, root: etree.Element, page: str, problems: list[str]) -> None:
        if not page:
            page = "".join(next(root.iter("h1"), root).itertext())[:60].strip() or "a page"
        report(root, page, problems)


class ListContents(Treeprocessor):
    """Lists the sections of a chapter in its opening, when the headings have their ids."""

    def run(self, root: etree.Element) -> None:
        intro = next((e for e in root.iter("div") if e.get("class") == "rd-intro"), None)
        if intro is not None:
            intro.append(contents(getattr(self.md, "toc_tokens", [])))


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


class ReadingExtension(BlocksExtension):  # type: ignore[misc]  # pymdownx has no types
    """Options: `root`, the folder above `steps/`; `repository`, the address of the repository ("" for none)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.config = {
            "root": [str(stages.ROOT), "the folder that holds steps/ and final/"],
            "repository": ["", "address of the repository; without one, no page leads there"],
        }
        super().__init__(*args, **kwargs)

    def extendMarkdownBlocks(self, md: Markdown, block_mgr: Any) -> None:
        block_mgr.register(Chapter, {})
        block_mgr.register(Beside, {})
        blocks = ReadBlocks(md)
        md.preprocessors.register(blocks, "companion-blocks", 100)
        place = PlacePanes(md, blocks, Path(self.getConfig("root")), self.getConfig("repository"))
        md.treeprocessors.register(place, "companion-place", 15)
        after_toc = 4
        md.treeprocessors.register(ListContents(md), "companion-contents", after_toc)


def makeExtension(**kwargs: Any) -> ReadingExtension:
    """What Python-Markdown calls to load the extension."""
    return ReadingExtension(**kwargs)
