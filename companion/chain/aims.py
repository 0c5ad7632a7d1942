"""Finds where the chapters show the code that a test is about: the step and its URL."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from companion.chain import address
from companion.chain.changes import changes
from companion.chain.stages import Stage, previous
from companion.chain.steps import SUITE, Step, step_showing, steps
from companion.chain.symbols import symbols


@dataclass(frozen=True, slots=True)
class Aim:
    """The code that a test is about: a file of `stage`, which adds the test, and a symbol, a quoted line or ""."""

    stage: Stage
    file: str
    symbol: str = ""


def link(found: Aim, site: str = "") -> str:
    """Returns the URL of the step that shows the code, or of the chapter if no step does."""
    page = f"{site or address.site()}chapters/{found.stage.name}/"
    step = _step(found)
    return f"{page}#{step.ident}" if step else page


def step_number(found: Aim) -> int | None:
    """Returns the number of the step that shows the code, counted from 0, or None if no step does."""
    step = _step(found)
    return step.number if step else None


def _step(found: Aim) -> Step | None:
    """Returns the step that shows most of the symbol, or else the first that shows the file, or None."""
    told = [s for s in _steps(found.stage) if any(e.change.path == found.file and e.owned for e in s.excerpts)]
    best = step_showing(told, found.file, found.symbol) if found.symbol else None
    return best or next(iter(told), None)


@cache
def _steps(stage: Stage) -> tuple[Step, ...]:
    return tuple(steps(stage))


@cache
def candidates(stage: Stage) -> tuple[tuple[str, str, int], ...]:
    """Returns (file, symbol or "", change) for all code of the stage; change is 2 if added, 1 if changed, else 0."""
    diff = changes(stage, previous(stage))
    found: list[tuple[str, str, int]] = []
    for file in diff.tree:
        if file.startswith(SUITE) or "/migrations/" in file:
            continue
        change = diff.files.get(file)
        found.append((file, "", int(change is not None)))
        if file.endswith(".py"):
            text = (stage.path / file).read_text(encoding="utf-8")
            rows = {row.new for row in change.rows if row.kind == "+"} if change else set()
            named = {name: symbol for name, symbol in symbols(text).items() if symbol.kind != "imports"}
            old = symbols(change.old_text or "") if change else named
            for name, symbol in named.items():
                changed = any(row and symbol.includes(row) for row in rows)
                found.append((file, name, int(changed) if name in old else 2))
    return tuple(found)


def aim_of_line(file: str, line: str, chain: Sequence[Stage]) -> Aim | None:
    """Returns the last stage that adds this line, if the line occurs once in its file; otherwise None."""
    for stage in reversed(chain) if line else ():
        change = changes(stage, previous(stage)).files.get(file)
        rows = [row for row in change.rows if row.new and row.text.strip() == line] if change else []
        if len(rows) == 1 and rows[0].kind == "+":
            return Aim(stage, file, f'"{line}"')
    return None
