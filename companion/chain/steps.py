"""Computes the steps of a chapter and their anchors, and finds the step that shows a symbol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.chain import address
from companion.chain.changes import FileChange, StageChanges, changes
from companion.chain.chapters import BESIDE, Mark, parse, source
from companion.chain.narration import Problem, narrate
from companion.chain.selectors import REST, Claim, selectors
from companion.chain.stages import ROOT, Stage, previous
from companion.chain.symbols import Symbol, read_symbols, symbols

SUITE = "tests/"


@dataclass(frozen=True, slots=True)
class Aim:
    """What a test asks for: a file of `stage`, the first that has the test, and a symbol in it ("" for none)."""

    stage: Stage
    file: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a step shows of one file, in one pane, whose id is `ident`."""

    ident: str
    claims: tuple[Claim, ...]

    @property
    def change(self) -> FileChange:
        return self.claims[0].change

    @property
    def owned(self) -> list[int]:
        """The rows of the change that it shows."""
        return sorted(n for claim in self.claims for n in claim.owned)

    @property
    def is_suite(self) -> bool:
        """Whether it is the rest of a suite, which a reader may leave folded."""
        return _is_suite(self.claims[0])


@dataclass(frozen=True, slots=True)
class Step:
    """A `beside` block of a chapter: `number` counts from 0, and `generated` is the command that wrote its lines."""

    number: int
    generated: str
    excerpts: tuple[Excerpt, ...]

    @property
    def ident(self) -> str:
        """The id of the step in the page, after its first pane; "" for a step without one."""
        return f"step-{self.excerpts[0].ident}" if self.excerpts else ""

    @property
    def claims(self) -> list[Claim]:
        return [claim for excerpt in self.excerpts for claim in excerpt.claims]


def lay_out(diff: StageChanges, blocks: Sequence[Mark]) -> tuple[list[Step], list[Problem]]:
    """Returns the steps of a chapter with these `beside` blocks, and its problems.

    A file that a command wrote is meant as a whole, because nobody adds to it by hand.
    """
    commands = [block.options.get("generated", "") for block in blocks]
    wanted = [
        (n, f"{selector}#{REST}" if commands[n] and "#" not in selector else selector)
        for n, block in enumerate(blocks)
        for selector in selectors(block.argument)
    ]
    claims, problems = narrate(diff, wanted)
    used: set[str] = set()
    found = []
    for n, command in enumerate(commands):
        groups = _by_pane(claim for claim in claims if claim.step == n)
        excerpts = tuple(Excerpt(_ident(group[0].selector, used), tuple(group)) for group in groups)
        found.append(Step(n, command, excerpts))
    return found, problems


def steps(stage: Stage, root: Path = ROOT) -> list[Step]:
    """Returns the steps of a stage's chapter that show something, in order. A stage without a chapter has none."""
    page = source(stage, root)
    return [step for step in read_steps(stage, root)[0] if step.excerpts] if page.is_file() else []


def read_steps(stage: Stage, root: Path = ROOT) -> tuple[list[Step], list[Problem]]:
    """Returns the steps and the problems of a stage's chapter. Raises FileNotFoundError."""
    marks, _ = parse(source(stage, root).read_text(encoding="utf-8").splitlines())
    return lay_out(changes(stage, previous(stage, root)), [mark for mark in marks if mark.name == BESIDE])


def step_showing(found: Sequence[Step], path: str, symbol: str) -> Step | None:
    """Returns the step that shows most lines of a symbol, out of these; None where the stage changes none of them.

    `symbol` may also be a text of a line, in quotation marks, or "" for the whole file.
    """
    change = next((e.change for step in found for e in step.excerpts if e.change.path == path), None)
    spans = _spans(path, change.new_text if change else None, symbol)

    def hits(step: Step) -> int:
        rows = [e.change.rows[n].new or 0 for e in step.excerpts if e.change is change for n in e.owned]
        return sum(any(first <= row <= last for first, last in spans) for row in rows)

    best = max(found, key=hits, default=None)
    return best if best and hits(best) else None


def _spans(path: str, text: str | None, symbol: str) -> Sequence[tuple[int, int]]:
    lines = (text or "").splitlines()
    if symbol.startswith('"'):
        return [(n, n) for n, line in enumerate(lines, 1) if symbol.strip('"') in line]
    if not symbol:
        return [(1, len(lines))]
    found = read_symbols(path, text).get(symbol)
    return found.spans if found else []


def link(found: Aim, site: str = "") -> str:
    """Returns the address of the step that tells the symbol, or of the chapter where no step does."""
    page = f"{site or address.site()}chapters/{found.stage.name}/"
    step = _step(found)
    return f"{page}#{step.ident}" if step else page


def step_number(found: Aim) -> int | None:
    """Returns which step of the chapter, counted from 0, tells the symbol; None where no step does."""
    step = _step(found)
    return step.number if step else None


def _step(found: Aim) -> Step | None:
    """The step that shows most of the symbol, else the first that shows the file."""
    told = [s for s in _steps(found.stage) if any(e.change.path == found.file and e.owned for e in s.excerpts)]
    best = step_showing(told, found.file, found.symbol) if found.symbol else None
    return best or next(iter(told), None)


@cache
def _steps(stage: Stage) -> tuple[Step, ...]:
    return tuple(steps(stage))


@cache
def candidates(stage: Stage) -> tuple[tuple[str, str, int], ...]:
    """Each file of the stage, alone and with each symbol; and 2 if the stage brings it, 1 if it changes it, else 0."""
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
            found += [(file, name, _change(symbol, rows) if name in old else 2) for name, symbol in named.items()]
    return tuple(found)


def _change(symbol: Symbol, added: set[int | None]) -> int:
    return int(any(first <= (row or 0) <= last for row in added for first, last in symbol.spans))


def _by_pane(claims: Iterable[Claim]) -> list[list[Claim]]:
    """The claims of one step by pane: neighbours in one file share a pane."""
    groups: list[list[Claim]] = []
    for claim in (c for c in claims if c.owned or not c.change.counts):
        for group in groups:
            if group[0].change is claim.change and _is_suite(group[0]) == _is_suite(claim) and claim.owned:
                group.append(claim)
                break
        else:
            groups.append([claim])
    return groups


def _is_suite(claim: Claim) -> bool:
    path, _, what = claim.selector.partition("#")
    return path.startswith(SUITE) and what in ("", REST)


def _ident(selector: str, used: set[str]) -> str:
    """An id for the pane of `selector`, which no other pane of the page has."""
    name = slug(selector)
    while name in used:
        name += "-again"
    used.add(name)
    return name


def slug(value: str) -> str:
    """Returns `value` as an id: lower-case letters, digits and hyphens; what is gone is told from what is."""
    return re.sub(r"[^a-z0-9]+", "-", value.lower().replace("#-", "-was-")).strip("-")
