"""Reads chapters: their front matter, and the blocks (`/// NAME | ARGUMENT`) and fences of any page.

The front matter is the only place that has a chapter's title.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from companion.chain.stages import ROOT, Stage

DIRECTIVE = re.compile(r" *<!-- run: (.+) -->")
FENCE = re.compile(r"(\s*)(`{3,}|~{3,})(.*)")
MARK = re.compile(r" {0,3}/{3,}[ \t]*(.*)")
OPTION = re.compile(r" {4}\S")
BESIDE, CHAPTER = "beside", "chapter"


class NoFrontMatter(ValueError):
    """Raised if a chapter does not begin with `---`, a title, a description and `---`; the message names the file."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The chapter of a stage: its file, its title, and a sentence on what it adds."""

    stage: Stage
    path: Path
    title: str
    description: str
    body: str  # the Markdown after the front matter
    attack: dict[str, Any] = field(default_factory=dict, hash=False)  # a request, with its status before and after


@dataclass(frozen=True, slots=True)
class Mark:
    """A line with `///` that begins a block, or ends one (`name` is ""). `line` counts from 0."""

    line: int
    name: str
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} | {self.argument}" if self.argument else self.name


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced code block: `lines[start:end]` is its content, and `end` the number of its closing line.

    `kind` is the text after the opening backticks; `run` is that of a comment `<!-- run: … -->` right above the block.
    """

    indent: str
    kind: str
    start: int
    end: int
    run: str


def chapter(stage: Stage, root: Path = ROOT) -> Chapter:
    """Returns the chapter of `stage`. Raises FileNotFoundError or NoFrontMatter."""
    path = source(stage, root)
    _, _, rest = path.read_text(encoding="utf-8").partition("---\n")
    head, end, body = rest.partition("\n---\n")
    front = yaml.safe_load(head) if end else None
    if not isinstance(front, dict) or not {"title", "description"} <= front.keys():
        raise NoFrontMatter(f"{path.name} has to begin with ---, a title:, a description: and ---")
    return Chapter(stage, path, front["title"], front["description"], body, front.get("attack", {}))


def find_chapter(stage: Stage, root: Path = ROOT) -> Chapter | None:
    """Returns the chapter of `stage`, or None if it is missing or has no front matter."""
    try:
        return chapter(stage, root)
    except (FileNotFoundError, NoFrontMatter):
        return None


def source(stage: Stage, root: Path = ROOT) -> Path:
    """Returns the path of a stage's chapter, which may not exist."""
    return root / "docs" / "chapters" / f"{stage.name}.md"


def parse(lines: Sequence[str]) -> tuple[list[Mark], list[Fence]]:
    """Returns the marks and the fences of a page, in order. Marks inside a fence are code, so they are skipped."""
    marks: list[Mark] = []
    fences: list[Fence] = []
    n = 0
    while n < len(lines):
        if fence := FENCE.fullmatch(lines[n]):
            end = next((m for m in range(n + 1, len(lines)) if lines[m].strip() == fence[2]), len(lines))
            above = DIRECTIVE.fullmatch(lines[n - 1]) if n else None
            fences.append(Fence(fence[1], fence[3].strip(), n + 1, end, above[1] if above else ""))
            n = end
        elif mark := MARK.fullmatch(lines[n]):
            name, _, argument = (part.strip() for part in mark[1].partition("|"))
            marks.append(Mark(n, name, argument, _options(lines, n + 1)))
        n += 1
    return marks, fences


def no_prose(marks: Iterable[Mark], fences: Iterable[Fence]) -> set[int]:
    """Returns the numbers of the lines that belong to fences, or that begin or end blocks."""
    fenced = {n for fence in fences for n in range(fence.start - 1, fence.end + 1)}
    return fenced | {n for mark in marks for n in range(mark.line, mark.line + len(mark.options) + 1)}


def _options(lines: Sequence[str], first: int) -> dict[str, str]:
    """Returns the options of a block, or {} if they are not YAML, so the block is not one of ours."""
    try:
        found = yaml.safe_load("\n".join(takewhile(OPTION.match, lines[first:])))
    except yaml.YAMLError:
        return {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}
