"""The chapters: one page a stage, whose front matter is the only place of its title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from companion.chain.stages import ROOT, Stage

DIRECTIVE = re.compile(r"^ *<!-- run: (.+) -->$")


class NoFrontMatter(ValueError):
    """A chapter does not begin with `---`, a title, a description and `---`; the message names the file."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The page of a stage: where its source lies, its title and one sentence on what it adds."""

    stage: Stage
    path: Path
    title: str
    description: str


def chapter(stage: Stage, root: Path = ROOT) -> Chapter:
    """The chapter of `stage`. Raises FileNotFoundError or NoFrontMatter."""
    path = root / "docs" / "chapters" / f"{stage.name}.md"
    _, _, rest = path.read_text(encoding="utf-8").partition("---\n")
    head, end, _ = rest.partition("\n---\n")
    facts = yaml.safe_load(head) if end else None
    if not isinstance(facts, dict) or not {"title", "description"} <= facts.keys():
        raise NoFrontMatter(f"{path.name} has to begin with ---, a title:, a description: and ---")
    return Chapter(stage, path, facts["title"], facts["description"])
