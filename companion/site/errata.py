"""Builds the blocks of the errata page, and links to it from the notes in the chapters."""

import re
import xml.etree.ElementTree as etree
from collections import Counter

from pymdownx.blocks.block import type_string

from companion.chain import faults, stages
from companion.chain.faults import AREAS, SEVERITIES, STATES, Location
from companion.chain.steps import Step, step_showing, steps
from companion.site.blocks import MarkedBlock, PageProcessor
from companion.site.glossary import up
from companion.site.templates import element

NOTE = re.compile(r"^(2018 · faults? )([\d, ]+)$")


class FaultBlock(MarkedBlock):
    """One fault: a row with its heading and summary, which opens to show the text about it and where it is fixed."""

    NAME = "fault"
    OPTIONS = {name: ["", type_string] for name in ("title", "severity", "area", *STATES, "tested")}

    def make(self, parent: etree.Element) -> etree.Element:
        block = etree.SubElement(parent, "details", {"class": "er"})
        row = etree.SubElement(block, "summary")
        title = f"{self.argument}. {self.options['title']}"
        etree.SubElement(row, "h3", {"id": f"fault-{self.argument}"}).text = title
        self.content = etree.SubElement(block, "div", {"class": "er-told"})
        return block

    def on_end(self, block: etree.Element) -> None:
        root = self.reader.root
        try:
            fault = faults.read(self.options, self.argument)
        except ValueError as error:
            self.reader.report(self.mark, str(error))
            return
        problems = faults.problems(fault, root)
        shown = {} if problems else {place: self._step(place) for place in fault.places}
        for problem in problems:
            self.reader.report(self.mark, problem)
        block.set("class", f"er er-{fault.severity} er-{fault.state} er-{fault.area}")
        tested = {test: faults.requirement(fault, test, root) for test in fault.tested}
        words = {"severity": SEVERITIES[fault.severity], "state": STATES[fault.state]}
        for part, added in zip(block, element("fault", fault=fault, steps=shown, tested=tested, **words), strict=True):
            part.append(added)

    def _step(self, place: Location) -> Step | None:
        stage = stages.find(place.stage, self.reader.root)
        return step_showing(steps(stage, self.reader.root), place.path, place.symbol)


class TallyBlock(MarkedBlock):
    """The number of faults of each kind, and buttons that filter the list."""

    NAME, CSS = "tally", "er-tally"

    def make(self, parent: etree.Element) -> etree.Element:
        block = super().make(parent)
        kinds = {"severity": SEVERITIES, "state": STATES, "area": AREAS}
        written = [mark.options for mark in self.reader.marks if mark.name == FaultBlock.NAME]
        count = Counter(word for given in written for word in (*given, given.get("severity"), given.get("area")))
        # Radio buttons, because a style sheet can read which one is checked, so no script is needed.
        block.extend(element("tally", kinds=kinds, count=count, total=len(written)))
        return block


class LinkNotes(PageProcessor):
    """Links the numbers of a note ("2018 · faults 3, 22") to the errata: in its title, or below a folded note."""

    def run(self, root: etree.Element) -> None:
        for parent in list(root.iter()):
            for title in list(parent):
                note = NOTE.match(title.text or "")
                if note and title.get("class") == "admonition-title":
                    title.text, place = note[1], title
                elif note and title.tag == "summary":  # a link in it would be hard to hit: a click opens the note
                    place = etree.SubElement(parent, "p")
                    place.text = "In the list of faults: "
                else:
                    continue
                for number in note[2].split(","):
                    href = f"{up(root)}errata.md#fault-{number.strip()}"
                    link = etree.SubElement(place, "a", {"class": "er-link", "href": href})
                    link.text, link.tail = number.strip(), ", "
                link.tail = ""
