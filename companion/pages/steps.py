"""Which step of a chapter shows a place in the code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from companion import stages
from companion.pages.faults import Place
from companion.reading.changes import changes
from companion.reading.extension import ident, together
from companion.reading.narration import REST, narrate, selectors
from companion.reading.symbols import NotPython, symbols

HEAD = re.compile(r"^/// beside \| *(.+)\n( {4}generated:)?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A changed line of a stage (`path`, and its number there) and the id of the step that shows it."""

    path: str
    line: int
    step: str


def shown(stage: stages.Stage, root: Path = stages.ROOT) -> list[Shown]:
    """Every line that a stage adds, with its step. A stage without a chapter shows nothing."""
    page = root / "docs" / "chapters" / f"{stage.name}.md"
    if not page.is_file():
        return []
    wanted = [
        (n, f"{selector}#{REST}" if generated and "#" not in selector else selector)
        for n, (head, generated) in enumerate(HEAD.findall(page.read_text(encoding="utf-8")))
        for selector in selectors(head)
    ]
    claims, _ = narrate(changes(stage, stages.previous(stage, root)), wanted)
    used: set[str] = set()
    found = []
    for n in dict.fromkeys(step for step, _ in wanted):
        idents = [(ident(group[0].selector, used), group) for group in together([c for c in claims if c.step == n])]
        for claim in (claim for _, group in idents for claim in group):
            rows = [claim.change.rows[row] for row in claim.owned]
            found += [
                Shown(claim.change.path, row.new, f"step-{idents[0][0]}") for row in rows if row.new and row.changed
            ]
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
