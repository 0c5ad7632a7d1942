"""From a test to what it is about: the symbol of the stage that it asks for, and the chapter's step that tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from companion import address
from companion.checking import suite
from companion.checking.facts import Place
from companion.checking.lookup import Known
from companion.checking.testwords import Words, test_words
from companion.reading.changes import StageChanges, changes
from companion.reading.narration import REST, Claim, narrate, selectors
from companion.reading.panes import slug
from companion.reading.symbols import Symbol, symbols
from companion.stages import ROOT, Stage, previous

BESIDE = re.compile(r"^ {0,3}///+ *beside *\| *(.+?) *$\n?( +generated:)?", re.MULTILINE)
FENCED = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a test asks for: a file of `stage`, the first that has the test, and a symbol in it ("" for none)."""

    stage: Stage
    file: str
    symbol: str = ""


def aim(ident: str, chain: tuple[Stage, ...]) -> Aim | None:
    """What the test with this id is about.

    A test is red before its stage, so it is about something that the stage changes, unless its docstring quotes
    something else. What the docstring quotes counts most, then what the test names itself, then what its helpers
    and its own name say; among equals, the deeper symbol comes before the wider.
    """
    stage = suite.introduced(ident, chain)
    words = test_words(stage, ident)
    ranked = [
        (-_score(words, file, name, changed), -changed, -name.count("."), file, name)
        for file, name, changed in candidates(stage)
        if changed or file in words.quoted or name.rpartition(".")[2] in words.quoted
    ]
    best = min(ranked, default=None)
    return Aim(stage, best[3], best[4]) if best else None


def _score(words: Words, file: str, name: str, changed: int) -> int:
    """How much speaks for a symbol; `changed` is 2 where the stage brings it, 1 where it touches it."""
    top, tail = name.partition(".")[0], name.rpartition(".")[2]
    stem = file.rpartition("/")[2].partition(".")[0].lower()
    score = 6 * (file in words.quoted) + 4 * (tail in words.quoted) + 2 * bool(changed)
    score += 2 * (tail in words.named) + (tail in words.nearby - words.named)
    if "." in name:
        score += 3 * (top in words.imported and tail in words.named)
        if top.lower() not in words.all_lower and tail not in words.quoted:
            score //= 2  # the attribute of some other class
    elif tail in words.imported and changed == 2:
        score += 2
    if (name and name.lower().endswith(words.subject)) or stem in (words.subject, f"{words.subject}s"):
        score += 3
    score += min(2, len(words.title & set(tail.lower().split("_"))))
    return score + (stem.removesuffix("s") in {word.removesuffix("s") for word in words.title})


def aim_at(place: Place | None, known: Known, chain: tuple[Stage, ...]) -> Aim | None:
    """What stands at a place of the project, as the last stage of the chain that changes it calls it."""
    if place is None:
        return None
    around = [
        (-definition.symbol.first, definition.symbol.name)
        for definition in known.definitions
        if definition.file == place.file and definition.symbol.first <= place.line <= definition.symbol.last
    ]
    name = min(around, default=(0, ""))[1]
    for wanted in dict.fromkeys((name, "")):
        for stage in reversed(chain):
            for file, symbol, changed in candidates(stage):
                if changed and symbol == wanted and known.theirs(file) == place.file:
                    return Aim(stage, file, symbol)
    return None


def likely(found: Aim | None, known: Known) -> Place | None:
    """Where the project has what a test is about; the file as a whole where it does not have it yet."""
    if found is None:
        return None
    file = known.theirs(found.file)
    parts = found.symbol.split(".")
    for depth in range(len(parts), 0, -1):
        name = ".".join(parts[:depth])
        definition = next((d for d in known.definitions if d.file == file and d.symbol.name == name), None)
        definition = definition or next((d for d in known.definitions if d.symbol.name == name), None)
        if definition:
            return definition.place
    return Place(file, 0)


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
