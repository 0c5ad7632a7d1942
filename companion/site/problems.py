"""Where an author sees what is wrong with a page."""

from __future__ import annotations

import logging
import os
import xml.etree.ElementTree as etree

from markdown.util import AtomicString

log = logging.getLogger("mkdocs.companion")  # below "mkdocs", so that a strict build counts the warnings
STRICT = "COMPANION_STRICT"  # set it for a builder that counts no warnings: a problem then stops it


def report(root: etree.Element, problems: list[str]) -> None:
    """Logs each of the `problems`, and lists them in a box atop the page. Raises SystemExit where STRICT is set."""
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
