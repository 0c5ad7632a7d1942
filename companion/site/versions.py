"""Shows which versions were tested and when, read from the pins and from git."""

import subprocess
import tomllib
import xml.etree.ElementTree as etree
from datetime import date
from pathlib import Path

from companion import SUPPORTED
from companion.site.blocks import MarkedBlock
from companion.site.templates import element


class VersionsBlock(MarkedBlock):
    """`/// versions | learn`: the pins of a group in pyproject.toml, and the date of the last commit."""

    NAME, CSS = "versions", "vs"

    def make(self, parent: etree.Element) -> etree.Element:
        block, root = super().make(parent), self.reader.root
        listed = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
        pins = [requirement.partition(";")[0].strip().split("==") for requirement in listed[self.argument]]
        block.extend(element("versions", day=day(root), python=f"{SUPPORTED[0]} to {SUPPORTED[-1]}", pins=pins))
        return block


def day(root: Path) -> str:
    """Returns the date of the last commit, or "" without git.

    The pins were tested on that date too, because a commit lands only if every suite passes with them.
    """
    command = ["git", "log", "-1", "--format=%cs"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        when = date.fromisoformat(done.stdout.strip())
    except (OSError, ValueError, subprocess.CalledProcessError):
        return ""
    return f"{when.day} {when:%B %Y}"
