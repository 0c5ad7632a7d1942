"""Computes the steps of a chapter and their anchors, and finds the step that shows a symbol."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from companion.chain.changes import FileChange, Row, StageChanges, changes
from companion.chain.chapters import BESIDE, Mark, parse, source
from companion.chain.narration import Problem, narrate
from companion.chain.places import TypedFile
from companion.chain.selectors import REST, Claim, selectors
from companion.chain.stages import ROOT, Stage, previous
from companion.chain.symbols import read_symbols

SUITE = "tests/"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a step shows of one place in a `file`. Its pane has the id `ident`.

    `place` says where the lines go in the file as typed so far; `shown` has them with the lines around them.
    """

    ident: str
    file: TypedFile
    claims: tuple[Claim, ...]
    place: str = ""
    shown: tuple[Row, ...] = ()

    @property
    def change(self) -> FileChange:
        return self.file.change

    @property
    def owned(self) -> list[int]:
        """Returns the rows of the change that it shows."""
        return sorted(n for claim in self.claims for n in claim.owned)

    @property
    def is_suite(self) -> bool:
        """Returns whether it is the rest of a test suite, which readers can leave folded."""
        return _is_suite(self.claims[0])


@dataclass(frozen=True, slots=True)
class Step:
    """A `beside` block of a chapter: `number` counts from 0; `generated` is the command that writes its lines."""

    number: int
    generated: str
    excerpts: tuple[Excerpt, ...]

    @property
    def ident(self) -> str:
        """Returns the id of the step in the page, which comes from its first pane, or "" without panes."""
        return f"step-{self.excerpts[0].ident}" if self.excerpts else ""

    @property
    def claims(self) -> list[Claim]:
        return [claim for excerpt in self.excerpts for claim in excerpt.claims]


def lay_out(diff: StageChanges, blocks: Sequence[Mark]) -> tuple[list[Step], list[Problem]]:
    """Returns the steps of a chapter with these `beside` blocks, and its problems.

    A selector of a generated file means the whole file, because nobody edits it by hand.
    """
    commands = [block.options.get("generated", "") for block in blocks]
    wanted = [
        (n, f"{selector}#{REST}" if commands[n] and "#" not in selector else selector)
        for n, block in enumerate(blocks)
        for selector in selectors(block.argument)
    ]
    claims, problems = narrate(diff, wanted)
    owners: dict[str, dict[int, int]] = {claim.change.path: {} for claim in claims}
    for claim in claims:
        owners[claim.change.path] |= dict.fromkeys(claim.owned, claim.step)
    typed = {path: TypedFile(diff.files[path], owner) for path, owner in owners.items()}
    used: set[str] = set()
    found = []
    for n, command in enumerate(commands):
        panes: dict[tuple[str, bool], list[Claim]] = {}
        for claim in claims:
            if claim.step == n and (claim.owned or not claim.change.counts):
                panes.setdefault((claim.change.path, _is_suite(claim)), []).append(claim)
        groups = (_excerpts(group, n, typed[group[0].change.path], used) for group in panes.values())
        found.append(Step(n, command, tuple(excerpt for group in groups for excerpt in group)))
    return found, problems


def _excerpts(group: list[Claim], step: int, file: TypedFile, used: set[str]) -> Iterator[Excerpt]:
    """Yields an excerpt for each changed place in the file, or one excerpt for a file without lines."""
    if not file.change.counts:
        yield Excerpt(_ident(group[0].selector, used), file, tuple(group))
        return
    for rows, place, shown in file.edits(step):
        parts = [replace(claim, owned=[n for n in claim.owned if n in rows]) for claim in group]
        if told := tuple(part for part in parts if part.owned):
            yield Excerpt(_ident(told[0].selector, used), file, told, place, shown)


def steps(stage: Stage, root: Path = ROOT) -> list[Step]:
    """Returns the steps of a stage's chapter that show code, in order, or [] if the stage has no chapter."""
    page = source(stage, root)
    if not page.is_file():
        return []
    marks, _ = parse(page.read_text(encoding="utf-8").splitlines())
    found, _ = lay_out(changes(stage, previous(stage, root)), [mark for mark in marks if mark.name == BESIDE])
    return [step for step in found if step.excerpts]


def typed(stage: Stage, count: int, root: Path = ROOT) -> dict[str, str | None]:
    """Returns the files that a stage changes, except its tests, after `count` blocks of its chapter are typed.

    A file that doesn't exist has the text None.
    """
    found: dict[str, str | None] = {}
    for step in steps(stage, root):
        for excerpt in step.excerpts:
            change = excerpt.change
            if change.counts:
                found[change.path] = excerpt.file.text(count)
            elif not change.binary:
                found.setdefault(change.path, change.new_text if step.number < count else change.old_text)
    return {path: text for path, text in found.items() if not path.startswith(SUITE)}


def step_showing(found: Sequence[Step], path: str, symbol: str) -> Step | None:
    """Returns which of these steps shows most lines of a symbol, or None if the stage changes none of them.

    `symbol` can also be a text of a line, in quotation marks, or "" for the whole file.
    """
    change = next((e.change for step in found for e in step.excerpts if e.change.path == path), None)
    named = read_symbols(path, change.new_text if change else None).get(symbol)

    def hits(step: Step) -> int:
        rows = [e.change.rows[n] for e in step.excerpts if e.change is change for n in e.owned]
        added = [row for row in rows if row.kind == "+"]
        if symbol.startswith('"'):
            return sum(symbol.strip('"') in row.text for row in added)
        return sum(not symbol or bool(named and named.includes(row.new or 0)) for row in added)

    best = max(found, key=hits, default=None)
    return best if best and hits(best) else None


def _is_suite(claim: Claim) -> bool:
    return claim.selector.startswith(SUITE) and claim.is_wide


def _ident(selector: str, used: set[str]) -> str:
    """Returns an id for the pane of `selector` that no other pane of the page has."""
    name = slug(selector)
    while name in used:
        name += "-again"
    used.add(name)
    return name


def slug(value: str) -> str:
    """Returns `value` as an id of lower-case letters, digits and hyphens; a removed symbol has "-was-" in it."""
    return re.sub(r"[^a-z0-9]+", "-", value.lower().replace("#-", "-was-")).strip("-")
