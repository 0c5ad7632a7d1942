"""Builds the blocks of the errata page, and links to it from the notes in the chapters."""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections import Counter
from pathlib import Path

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from pymdownx.blocks.block import type_string

from companion.chain import faults, stages
from companion.chain.chapters import source
from companion.chain.faults import AREAS, SEVERITIES, STATES, Fault, Location
from companion.chain.steps import read_steps, step_showing
from companion.site.blocks import BlocksProcessor, MarkedBlock, Problems
from companion.site.glossary import up
from companion.site.templates import element

OPTIONS = ("title", "severity", "area", *STATES, "tested")
NOTE = re.compile(r"^(2018 · faults? )([\d, ]+)( .*)?$")


class FaultBlock(MarkedBlock):
    """One fault: a row with its heading and summary, which opens to show the text about it."""

    NAME = "fault"
    OPTIONS = {name: ["", type_string] for name in OPTIONS}

    def make(self, parent: etree.Element) -> etree.Element:
        number = self.argument.strip()
        fault = etree.SubElement(parent, "details", {"class": "er"})
        row = etree.SubElement(fault, "summary")
        etree.SubElement(row, "h3", {"id": f"fault-{number}"}).text = f"{number}. {self.options['title']}"
        self.content = etree.SubElement(fault, "div", {"class": "er-told"})
        return fault


class TallyBlock(MarkedBlock):
    """The number of faults of each kind, and buttons that filter the list."""

    NAME, CSS = "tally", "er-tally"


class FillFaults(BlocksProcessor):
    """Adds to each fault where it is fixed and which test covers it. Runs before inline Markdown is parsed."""

    def fill(self, root: etree.Element) -> Problems:
        problems: Problems = []
        told: list[Fault] = []
        for mark, row in self.blocks.of(FaultBlock.NAME):
            try:
                fault = faults.read(mark.options, mark.argument)
            except ValueError as error:
                problems.append((mark.line, str(error)))
                continue
            told.append(fault)
            wrong = faults.problems(fault, self.root) or self._tell(row, fault)
            problems += [(mark.line, problem) for problem in wrong]
        # Radio buttons, because a style sheet can read which one is checked, so no script is needed.
        kinds = {"severity": SEVERITIES, "state": STATES, "area": AREAS}
        count = Counter(word for fault in told for word in (fault.state, fault.severity, fault.area))
        for _, tally in self.blocks.of(TallyBlock.NAME):
            tally.extend(element("tally", kinds=kinds, count=count, total=len(told)))
        return problems

    def _tell(self, row: etree.Element, fault: Fault) -> list[str]:
        row.set("class", f"er er-{fault.severity} er-{fault.state} er-{fault.area}")
        steps = {place: self._step(place) for place in fault.places}
        tested = {test: faults.requirement(fault, test, self.root) for test in fault.tested}
        words = {"severity": SEVERITIES[fault.severity], "state": STATES[fault.state]}
        summary, where = element("fault", fault=fault, steps=steps, tested=tested, **words)
        row[0].append(summary)
        row[1].append(where)
        return [
            f"fault {fault.number}: {place.selector} does not change in {place.stage}: name the stage that writes it"
            for place, anchor in steps.items()
            if anchor is None
        ]

    def _step(self, place: Location) -> str | None:
        """Returns the anchor of the step that shows a place, None without one, or "" if the chapter has problems."""
        stage = stages.find(place.stage, self.root)
        if not source(stage, self.root).is_file():
            return None
        steps, problems = read_steps(stage, self.root)
        step = step_showing(steps, place.path, place.symbol)
        return step.ident if step else "" if problems else None


class LinkNotes(Treeprocessor):
    """Links the numbers of a note ("2018 · faults 3, 22") to the errata: in its title, or below a folded note."""

    def __init__(self, md: Markdown, root: Path) -> None:
        super().__init__(md)
        self.page = root / "docs" / "errata.md"

    def run(self, root: etree.Element) -> None:
        if not self.page.is_file():
            return
        for parent in list(root.iter()):
            for title in list(parent):
                if not (note := NOTE.match(title.text or "")) or len(title):
                    continue
                if title.get("class") == "admonition-title":
                    title.text, place = note[1], title
                elif title.tag == "summary":  # a link in a summary would be hard to hit, because a click opens the note
                    place = etree.SubElement(parent, "p")
                    place.text = "In the list of faults: "
                else:
                    continue
                for number in note[2].split(","):
                    href = f"{up(root)}errata.md#fault-{number.strip()}"
                    link = etree.SubElement(place, "a", {"class": "er-link", "href": href})
                    link.text, link.tail = number.strip(), ", "
                link.tail = note[3] or ""
