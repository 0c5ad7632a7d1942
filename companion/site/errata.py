"""The blocks of the errata page, and the way to it from the notes in the chapters."""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections import Counter
from pathlib import Path

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from pymdownx.blocks.block import type_string

from companion.chain import stages
from companion.chain.chapters import chapter
from companion.chain.steps import Step, step_showing, steps
from companion.site import faults
from companion.site.faults import AREAS, SEVERITIES, STATES, Fault, Location
from companion.site.glossary import up
from companion.site.page_blocks import PageBlock
from companion.site.problems import report

OPTIONS = ("title", "severity", "area", *STATES, "held")
NOTE = re.compile(r"^(2018 · faults? )([\d, ]+)( .*)?$")


class FaultBlock(PageBlock):
    """One fault: a heading, its facts, and the prose that tells it."""

    NAME = "fault"
    OPTIONS = {name: ["", type_string] for name in OPTIONS}

    def make(self, parent: etree.Element) -> etree.Element:
        number = self.argument.strip()
        facts = {f"data-{name}": self.options[name] for name in OPTIONS}
        section = etree.SubElement(parent, "section", {"class": "er", "data-fault": number, **facts})
        etree.SubElement(section, "h3", {"id": f"fault-{number}"}).text = f"{number}. {self.options['title']}"
        return section


class TallyBlock(PageBlock):
    """How many faults there are of each kind, and the buttons that show only some of them."""

    NAME = "tally"

    def make(self, parent: etree.Element) -> etree.Element:
        return etree.SubElement(parent, "div", {"class": "er-tally"})


class TellFaults(Treeprocessor):
    """Says where each fault is mended and which test holds it. Runs before Markdown inside lines is read."""

    def __init__(self, md: Markdown, root: Path) -> None:
        super().__init__(md)
        self.root = root

    def run(self, root: etree.Element) -> None:
        sections = [element for element in root.iter("section") if element.get("class") == "er"]
        problems: list[str] = []
        told: list[Fault] = []
        self.steps: dict[str, list[Step]] = {}
        for section in sections:
            options = {name: section.attrib.pop(f"data-{name}") for name in OPTIONS}
            try:
                fault = faults.read(options, section.attrib.pop("data-fault"))
            except ValueError as error:
                problems.append(str(error))
                continue
            told.append(fault)
            problems += faults.problems(fault, self.root) or self._tell(section, fault)
        for tally in (element for element in root.iter("div") if element.get("class") == "er-tally"):
            _tally(tally, told)
        if problems:
            report(root, "errata", problems)

    def _tell(self, section: etree.Element, fault: Fault) -> list[str]:
        section.set("class", f"er er-{fault.severity} er-{fault.state} er-{fault.area}")
        facts = etree.Element("p", {"class": "er-facts"})
        etree.SubElement(facts, "span", {"class": "er-severity"}).text = SEVERITIES[fault.severity]
        etree.SubElement(facts, "span", {"class": "er-state"}).text = STATES[fault.state]
        section.insert(1, facts)
        where = etree.SubElement(section, "ul", {"class": "er-where"})
        if fault.state == "later":
            etree.SubElement(where, "li").text = f"Part 2 mends it, in stage `{fault.later}`."
        problems = []
        for place in fault.places:
            step = self._step(place)
            if step is None:
                problems.append(
                    f"fault {fault.number}: {place.selector} does not change in {place.stage}: "
                    "name the stage that writes it"
                )
            item = etree.SubElement(where, "li")
            item.text = f"{STATES[fault.state]} in "
            _link(item, place, step.ident if step else None, self.root)
        for test in fault.held:
            said = faults.requirement(fault, test, self.root) or ""
            etree.SubElement(where, "li").text = f"Held by `{test}`: {said}"
        return problems

    def _step(self, place: Location) -> Step | None:
        if place.stage not in self.steps:
            self.steps[place.stage] = steps(stages.find(place.stage, self.root), self.root)
        return step_showing(self.steps[place.stage], place.path, place.symbol)


def _link(item: etree.Element, place: Location, step: str | None, root: Path) -> None:
    page = chapter(stages.find(place.stage, root), root)
    link = etree.SubElement(item, "a", {"href": f"chapters/{page.path.name}#{step}"})
    symbol = place.symbol.strip('"')
    link.text = f"stage {place.stage}, `{place.path}`" + (f" › `{symbol}`" if symbol else "")


def _tally(tally: etree.Element, told: list[Fault]) -> None:
    """Counts, and radio buttons: a style sheet reads which one is checked, so that no script is needed."""
    count = Counter(fault.state for fault in told) + Counter(fault.severity for fault in told)
    count += Counter(fault.area for fault in told)
    for name, kinds in (("severity", SEVERITIES), ("state", STATES), ("area", AREAS)):
        group = etree.SubElement(tally, "fieldset", {"class": "er-filter"})
        etree.SubElement(group, "legend").text = name.capitalize()
        for key, label in {"all": "All", **kinds}.items():
            ident = f"{name}-{key}"
            choice = {"type": "radio", "name": f"er-{name}", "id": ident}
            etree.SubElement(group, "input", choice | ({"checked": "checked"} if key == "all" else {}))
            number = len(told) if key == "all" else count[key]
            etree.SubElement(group, "label", {"for": ident}).text = f"{label} {number}"


class LinkNotes(Treeprocessor):
    """Makes the numbers in a note's title ("2018 · faults 3, 22") lead to the errata."""

    def __init__(self, md: Markdown, root: Path) -> None:
        super().__init__(md)
        self.page = root / "docs" / "errata.md"

    def run(self, root: etree.Element) -> None:
        if not self.page.is_file():
            return
        for title in root.iter("p"):
            note = NOTE.match(title.text or "") if title.get("class") == "admonition-title" else None
            if not note or len(title):
                continue
            title.text = note[1]
            for number in note[2].split(","):
                href = f"{up(root)}errata.md#fault-{number.strip()}"
                link = etree.SubElement(title, "a", {"class": "er-link", "href": href})
                link.text, link.tail = number.strip(), ", "
            link.tail = note[3] or ""
