"""Shows which versions were tested and when, read from the pins and from git."""

from __future__ import annotations

import subprocess
import tomllib
import xml.etree.ElementTree as etree
from datetime import date
from pathlib import Path

from companion import SUPPORTED
from companion.site.blocks import BlocksProcessor, MarkedBlock, Problems
from companion.site.templates import element

UNKNOWN_DAY = "This copy has no history, so it cannot say of which day it is."


class VersionsBlock(MarkedBlock):
    """`/// versions | learn`: the pins of a group in pyproject.toml, and the date of the last commit."""

    NAME, CSS = "versions", "vs"


def pins(group: str, root: Path) -> list[tuple[str, str]]:
    """Returns name and version of each package in a dependency group. Raises KeyError for an unknown group."""
    listed = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"][group]
    parted = (requirement.partition(";")[0].split("==") for requirement in listed)
    return [(name.strip(), version.strip()) for name, version in parted]


def day(root: Path) -> date | None:
    """Returns the date of the last commit, or None without git.

    The pins were tested on that date too, because a commit lands only if every suite passes with them.
    """
    try:
        command = ["git", "log", "-1", "--format=%cs"]
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return date.fromisoformat(answer) if answer else None


def sentence(when: date | None) -> str:
    """Returns the text above the table: the date, and the supported versions of Python."""
    first = f"This is the state of {when.day} {when:%B %Y}." if when else UNKNOWN_DAY
    return f"{first} It supports Python {SUPPORTED[0]} to {SUPPORTED[-1]}."


class ShowVersions(BlocksProcessor):
    """Fills the block with a sentence and a table."""

    def fill(self, root: etree.Element) -> Problems:
        for mark, block in self.blocks.of(VersionsBlock.NAME):
            block.extend(element("versions", said=sentence(day(self.root)), pins=pins(mark.argument, self.root)))
        return []
