"""Reads chapters: their front matter, and in one pass the blocks (`/// NAME | ARGUMENT`) and the fences of any page.

The front matter of a stage's chapter is the only place of its title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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
    """A chapter does not begin with `---`, a title, a description and `---`; the message names the file."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The chapter of a stage: where its source is, its title and one sentence on what it adds."""

    stage: Stage
    path: Path
    title: str
    description: str
    body: str  # the Markdown below the front matter
    attack: dict[str, Any] = field(default_factory=dict, hash=False)  # a request, and its status before and after


@dataclass(frozen=True, slots=True)
class Mark:
    """A line with `///`: the head of a block, or the end of one (`name` is ""). `line` counts from 0."""

    line: int
    name: str
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} | {self.argument}" if self.argument else self.name


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block of code: `lines[start:end]` is its content, and `end` the number of its last line.

    `kind` is what follows the opening backticks, `run` what a comment `<!-- run: … -->` right above the block says.
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
    """Returns the chapter of `stage`, or None while it has none with front matter."""
    try:
        return chapter(stage, root)
    except (FileNotFoundError, NoFrontMatter):
        return None


def source(stage: Stage, root: Path = ROOT) -> Path:
    """Returns the path of a stage's chapter, whether the file exists or not."""
    return root / "docs" / "chapters" / f"{stage.name}.md"


def parse(lines: Sequence[str]) -> tuple[list[Mark], list[Fence]]:
    """Returns the marks and the fences of a page, in order. What looks like a mark inside a fence is code."""
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
    """Returns the numbers of the lines that belong to fences, and to the heads and ends of blocks."""
    fenced = {n for fence in fences for n in range(fence.start - 1, fence.end + 1)}
    return fenced | {n for mark in marks for n in range(mark.line, mark.line + len(mark.options) + 1)}


def _options(lines: Sequence[str], first: int) -> dict[str, str]:
    """The options of a block. Where they are not YAML, the block is not understood, and has none."""
    end = next((n for n in range(first, len(lines)) if not OPTION.match(lines[n])), len(lines))
    try:
        found = yaml.safe_load("\n".join(lines[first:end]))
    except yaml.YAMLError:
        return {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}
