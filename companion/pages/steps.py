"""Which step of a chapter shows a place in the code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from companion import stages
from companion.pages.faults import Place
from companion.reading.changes import changes
from companion.reading.extension import ident, together
from companion.reading.narration import REST, Claim, narrate, selectors
from companion.reading.symbols import NotPython, symbols

HEAD = re.compile(r"^/// beside \| *(.+)\n( {4}generated:)?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A changed line of a stage (`path`, and its number there) and the id of the step that shows it."""

    path: str
    line: int
    step: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a chapter: its id, the lines that it shows, and whether a command wrote them."""

    ident: str
    claims: tuple[Claim, ...]
    generated: bool


def steps(stage: stages.Stage, root: Path = stages.ROOT) -> list[Step]:
    """The steps of a stage's chapter, in order. A stage without a chapter has none."""
    page = root / "docs" / "chapters" / f"{stage.name}.md"
    if not page.is_file():
        return []
    heads = HEAD.findall(page.read_text(encoding="utf-8"))
    wanted = [
        (n, f"{selector}#{REST}" if generated and "#" not in selector else selector)
        for n, (head, generated) in enumerate(heads)
        for selector in selectors(head)
    ]
    claims, _ = narrate(changes(stage, stages.previous(stage, root)), wanted)
    used: set[str] = set()
    found = []
    for n in dict.fromkeys(step for step, _ in wanted):
        groups = together([claim for claim in claims if claim.step == n])
        idents = [ident(group[0].selector, used) for group in groups]
        if groups:
            shows = tuple(claim for group in groups for claim in group)
            found.append(Step(f"step-{idents[0]}", shows, bool(heads[n][1])))
    return found


def shown(stage: stages.Stage, root: Path = stages.ROOT) -> list[Shown]:
    """Every line that a stage adds, with its step. A stage without a chapter shows nothing."""
    found = []
    for step in steps(stage, root):
        for claim in step.claims:
            rows = [claim.change.rows[row] for row in claim.owned]
            found += [Shown(claim.change.path, row.new, step.ident) for row in rows if row.new and row.changed]
    return found


def step_of(place: Place, lines: list[Shown], root: Path = stages.ROOT) -> str | None:
    """The id of the step that shows most of `place`, out of the `lines` of its stage; None when nothing changes."""
    file = stages.find(place.stage, root).path / place.path
    spans = _spans(file.read_text(encoding="utf-8"), place) if file.is_file() else []
    steps = [s.step for s in lines if s.path == place.path and any(first <= s.line <= last for first, last in spans)]
    return max(dict.fromkeys(steps), key=steps.count, default=None)


def _spans(text: str, place: Place) -> list[tuple[int, int]]:
    lines = text.splitlines()
    if place.symbol.startswith('"'):
        return [(n, n) for n, line in enumerate(lines, 1) if place.symbol.strip('"') in line]
    if not place.symbol:
        return [(1, len(lines))]
    try:
        found = symbols(text).get(place.symbol) if place.path.endswith(".py") else None
    except NotPython:
        return []
    return list(found.spans) if found else []
