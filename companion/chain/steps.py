"""Finds the step of a chapter that shows a symbol or a place in the code, and its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.chain import address, stages
from companion.chain.changes import StageChanges, changes
from companion.chain.narration import REST, Claim, narrate, selectors
from companion.chain.stages import ROOT, Stage, previous
from companion.chain.symbols import NotPython, Symbol, symbols

HEAD = re.compile(r"^/// beside \| *(.+)\n( {4}generated:)?", re.MULTILINE)
BESIDE = re.compile(r"^ {0,3}///+ *beside *\| *(.+?) *$\n?( +generated:)?", re.MULTILINE)
FENCED = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault is mended: a selector (`path`, `path#symbol`, `path#"text"`) in a stage."""

    stage: str
    selector: str

    @property
    def path(self) -> str:
        return self.selector.partition("#")[0]

    @property
    def symbol(self) -> str:
        return self.selector.partition("#")[2]


@dataclass(frozen=True, slots=True)
class Aim:
    """What a test asks for: a file of `stage`, the first that has the test, and a symbol in it ("" for none)."""

    stage: Stage
    file: str
    symbol: str = ""


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


def link(found: Aim, site: str = "") -> str:
    """The address of the chapter's step that tells the symbol; of the chapter where no step does."""
    page = f"{site or address.site()}chapters/{found.stage.name}/"
    step = _step(found)
    return f"{page}#{step}" if step else page


def step_number(found: Aim) -> int | None:
    """Which step of the chapter, counted from 0, tells the symbol; None where no step does."""
    change = _changes(found.stage).files.get(found.file)
    told = [claim for claim in claims(found.stage) if claim.change is change and claim.owned]
    if change is None or not told:
        return None
    spans: tuple[tuple[int, int], ...] = ()
    if found.symbol and change.new_text:
        symbol = symbols(change.new_text).get(found.symbol)
        spans = symbol.spans if symbol else ()

    def hits(claim: Claim) -> int:
        numbers = [change.rows[n].new or 0 for n in claim.owned]
        return sum(first <= number <= last for number in numbers for first, last in spans)

    return max(told, key=hits).step


def _step(found: Aim) -> str | None:
    number = step_number(found)
    if number is None:
        return None
    first = next(claim for claim in claims(found.stage) if claim.step == number and _shown(claim))
    return f"step-{slug(first.selector)}"


def _shown(claim: Claim) -> bool:
    """Whether the claim has a pane; a step is called after its first one."""
    return bool(claim.owned) or not claim.change.counts


@cache
def _changes(stage: Stage) -> StageChanges:
    return changes(stage, previous(stage))


@cache
def claims(stage: Stage) -> tuple[Claim, ...]:
    """What the steps of the stage's chapter claim; none where there is no chapter."""
    try:
        text = (ROOT / "docs" / "chapters" / f"{stage.name}.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    wanted = []
    for step, hit in enumerate(BESIDE.finditer(FENCED.sub("", text))):
        for selector in selectors(hit[1]):
            wanted.append((step, f"{selector}#{REST}" if hit[2] and "#" not in selector else selector))
    return tuple(narrate(_changes(stage), wanted)[0])


@cache
def candidates(stage: Stage) -> tuple[tuple[str, str, int], ...]:
    """Each file of the stage, alone and with each symbol; and 2 if the stage brings it, 1 if it changes it, else 0."""
    diff = _changes(stage)
    found: list[tuple[str, str, int]] = []
    for file in diff.tree:
        if file.startswith("tests/") or "/migrations/" in file:
            continue
        change = diff.files.get(file)
        found.append((file, "", int(change is not None)))
        if file.endswith(".py"):
            text = (stage.path / file).read_text(encoding="utf-8")
            rows = {row.new for row in change.rows if row.kind == "+"} if change else set()
            named = {name: symbol for name, symbol in symbols(text).items() if symbol.kind != "imports"}
            old = _symbols(change.old_text) if change else named
            found += [(file, name, _change(symbol, rows) if name in old else 2) for name, symbol in named.items()]
    return tuple(found)


def _symbols(text: str | None) -> Mapping[str, Symbol]:
    return symbols(text) if text else {}


def _change(symbol: Symbol, added: set[int | None]) -> int:
    return int(any(first <= (row or 0) <= last for row in added for first, last in symbol.spans))


def ident(selector: str, used: set[str]) -> str:
    """An id for the pane of `selector`, which no other pane of the page has."""
    name = slug(selector)
    while name in used:
        name += "-again"
    used.add(name)
    return name


def together(claims: list[Claim]) -> list[list[Claim]]:
    """The claims of one step by pane: neighbours in one file share a pane."""
    groups: list[list[Claim]] = []
    for claim in (c for c in claims if c.owned or not c.change.counts):
        for group in groups:
            if group[0].change is claim.change and _is_suite(group) == _is_suite([claim]) and claim.owned:
                group.append(claim)
                break
        else:
            groups.append([claim])
    return groups


def _is_suite(group: list[Claim]) -> bool:
    """Whether the pane holds the rest of a suite, which counts as told when it is there to unfold."""
    path, _, what = group[0].selector.partition("#")
    return path.startswith("tests/") and what in ("", REST)


def slug(value: str) -> str:
    """`value` as an id: lower-case letters, digits and hyphens; what is gone is told from what is."""
    return re.sub(r"[^a-z0-9]+", "-", value.lower().replace("#-", "-was-")).strip("-")
