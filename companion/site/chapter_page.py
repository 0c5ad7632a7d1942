"""Fills the page of a chapter: its head, the panes next to the text, and the whole files of its stage."""

import re
import xml.etree.ElementTree as etree
from html import escape, unescape
from itertools import takewhile

from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from markupsafe import Markup

from companion.chain import stages
from companion.chain.changes import StageChanges, changes
from companion.chain.chapters import BESIDE, CHAPTER, Mark, find_chapter
from companion.chain.steps import SUITE, Step, lay_out, step_showing, steps
from companion.site.blocks import ChapterBlock, PageProcessor, SpreadBlock
from companion.site.overview import minutes
from companion.site.panes import Pane, folded, pane, whole_files
from companion.site.templates import element, html


class PlacePanes(PageProcessor):
    """Puts the panes next to the text."""

    def run(self, root: etree.Element) -> None:
        chapters, steps = self.reader.found[CHAPTER], self.reader.found[BESIDE]
        if len(chapters) > 1 or (steps and not chapters):
            mark, _ = chapters[1] if chapters else steps[0]
            self.reader.report(mark, "a page with beside blocks has exactly one block /// chapter | NN-name")
        elif chapters and (stage := self._stage(chapters[0][0], chapters[0][0].argument)):
            self._chapter(root, stage, chapters[0][1], steps)
        for mark, block in self.reader.found[SpreadBlock.NAME]:
            name, _, selector = mark.argument.partition(" ")
            if stage := self._stage(mark, name):
                self._spread(mark, block, stage, selector)

    def _stage(self, mark: Mark, name: str) -> stages.Stage | None:
        try:
            return stages.find(name, self.reader.root)
        except stages.UnknownStage as error:
            self.reader.report(mark, str(error))
            return None

    def _spread(self, mark: Mark, block: etree.Element, stage: stages.Stage, selector: str) -> None:
        """Shows the step of a symbol on another page, with other text and a link to the step's chapter."""
        path, _, symbol = selector.partition("#")
        step = step_showing(steps(stage, self.reader.root), path, symbol)
        if step is None:
            self.reader.report(mark, f"/// spread | {mark.argument}: no step of {stage} shows {selector}")
            return
        panes = [pane(excerpt, alone=True) for excerpt in step.excerpts if excerpt.change.path == path]
        self._put(etree.SubElement(block, "div", {"class": "rd-side"}), Markup().join(each.html for each in panes))
        self._link(block[0], panes)

    def _chapter(
        self, root: etree.Element, stage: stages.Stage, head: etree.Element, blocks: list[tuple[Mark, etree.Element]]
    ) -> None:
        place = self.reader.root
        diff = changes(stage, stages.previous(stage, place))
        steps, problems = lay_out(diff, [mark for mark, _ in blocks])
        for (_, block), step in zip(blocks, steps, strict=True):
            self._beside(block, step, stage)
        for text, number in problems:
            self.reader.report(None if number is None else blocks[number][0], text)
        pages = {stage: find_chapter(stage, place) for stage in stages.stages(place)}
        before, page, after = [None, *pages.values(), None][stage.number - 1 : stage.number + 2]
        facts = {"here": stage, "pages": pages, "page": page, "steps": len(steps), "before": before, "after": after}
        changed, there = (" ".join(p for p in paths if not p.startswith(SUITE)) for paths in (diff.files, diff.tree))
        time = minutes(page, place) if page else None
        head.extend(element("chapter", **facts, minutes=time, changed=changed, there=there))
        head[-1][-1].tail = AtomicString(self.md.htmlStash.store(_changes(diff, steps)))
        _open(root, head)
        if page:
            root.insert(1, element("here", **facts))
        self._put(etree.SubElement(root, "div", {"class": "rd-files"}), whole_files(diff))

    def _beside(self, block: etree.Element, step: Step, stage: stages.Stage) -> None:
        if not step.excerpts:
            return
        block.set("id", step.ident)
        blob = f"{self.reader.repository}/blob/main/{stage.folder}" if self.reader.repository else ""
        panes = [pane(excerpt, blob) for excerpt in step.excerpts]
        quiet = [each for each in panes if step.generated or each.excerpt.is_suite]
        told = [each for each in panes if each not in quiet]
        side = Markup().join(each.html for each in told) + (folded(quiet, step.generated) if quiet else "")
        self._put(etree.SubElement(block, "div", {"class": "rd-side"}), side)
        self._link(block[0], told)
        foot = html("foot", ident=step.ident, stage=stage, repository=self.reader.repository)
        self._put(etree.SubElement(block, "p"), foot)

    def _link(self, prose: etree.Element, panes: list[Pane]) -> None:
        """Turns code in the text into a link if exactly one line of the panes next to it contains that code."""
        lines = {ident: line for each in panes for ident, line in each.lines.items()}
        seen: set[str] = set()
        for parent in list(prose.iter()):
            if parent.tag in ("a", "pre", "h1", "h2", "h3", "h4"):
                continue
            for code in [child for child in parent if child.tag == "code"]:
                text = unescape("".join(code.itertext()))
                word = text.strip().removesuffix("()")
                pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
                hits = [ident for ident, line in lines.items() if pattern.search(line)]
                if len(word) > 2 and word not in seen and len(hits) == 1:
                    seen.add(word)
                    markup = f'<a class="rd-ref" href="#{hits[0]}"><code>{escape(text, quote=False)}</code></a>'
                    self._replace(parent, code, markup)

    def _replace(self, parent: etree.Element, code: etree.Element, markup: str) -> None:
        # Stored as raw HTML, because MkDocs' check of links doesn't know the ids of our lines.
        words = self.md.htmlStash.store(markup) + (code.tail or "")
        if index := list(parent).index(code):
            parent[index - 1].tail = (parent[index - 1].tail or "") + words
        else:
            parent.text = (parent.text or "") + words
        parent.remove(code)

    def _put(self, place: etree.Element, markup: str) -> None:
        place.text = AtomicString(self.md.htmlStash.store(markup))


class ListContents(Treeprocessor):
    """Lists the sections of a chapter in its head. Runs after the headings have ids."""

    def run(self, root: etree.Element) -> None:
        head = root.find(f".//div[@class='{ChapterBlock.CSS}']")
        if head is not None:
            tokens = getattr(self.md, "toc_tokens", [])
            sections = [inner for token in tokens for inner in token["children"]]
            for about in head.findall("details"):
                about.insert(2, element("contents", sections=sections))
            for menu in root.findall("nav/details"):
                menu.append(element("contents", sections=sections)[1])


def _changes(diff: StageChanges, steps: list[Step]) -> str:
    """Returns the HTML of the stage's changes: a tree of files, unchanged ones in one line, and two commands."""
    rows: dict[str, tuple[list[str], list[str]]] = {}
    for path in sorted({*diff.tree, *diff.files}, key=lambda path: ("/" not in path, path)):
        changed, same = rows.setdefault(path.rpartition("/")[0], ([], []))
        (changed if path in diff.files else same).append(path)
    tree = [(name, paths, ", ".join(path.rpartition("/")[2] for path in same)) for name, (paths, same) in rows.items()]
    first_pane = {pane.change.path: pane.ident for step in reversed(steps) for pane in reversed(step.excerpts)}
    commands = [f"python -m companion check path/to/your/project --stage {diff.stage}"]
    if diff.previous is not None:
        commands.insert(0, f"diff -ruN {diff.previous.folder} {diff.stage.folder}")
    return html("changes", files=diff.files, folders=tree, first_pane=first_pane, commands=commands)


def _open(root: etree.Element, chapter: etree.Element) -> None:
    """Moves the elements before the first heading or step next to the chapter's head, between its paragraphs."""
    first = list(takewhile(lambda child: child.tag != "h2" and child.get("class") != "rd-step", root))
    above, *below = chapter.findall("p")
    chapter[:] = [part for part in chapter if part.tag != "p"]
    opening = etree.Element("div", {"class": "rd-opening"})
    intro = etree.SubElement(opening, "div", {"class": "rd-intro"})
    intro.extend([above, *(child for child in first if child is not chapter), *below])
    opening.append(chapter)
    root[: len(first)] = [opening]
