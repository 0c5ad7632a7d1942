"""A learner's project beside a stage: what differs in meaning, symbol by symbol."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from companion.chain import steps
from companion.chain.stages import files
from companion.chain.symbols import IMPORTS, Symbol, lines_of, symbols
from companion.project.index import Known, renamed
from companion.project.locate import readable
from companion.project.results import Place
from companion.project.statements import SECRET, SECRET_LENGTH

EARLIER = -1  # the step of what earlier stages brought


@dataclass(frozen=True, slots=True)
class Difference:
    """One symbol (or one file that has none) that is another in the project than in the stage.

    `mine` is "" where the project lacks it. `step` is the step of the stage's chapter that tells it, counted from
    0, and -1 for what an earlier stage brought.
    """

    place: Place
    symbol: str
    mine: str
    theirs: str
    step: int

    def __str__(self) -> str:
        what = f"{self.symbol} in {self.place.file}" if self.symbol else self.place.file
        head = f"{what}, line {self.place.line}" if self.mine and self.place.line else what
        old, new = (lines_of(text) if text else [] for text in (self.mine, self.theirs))
        rows = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
        return "\n".join([head, *(f"  {row}" for row in rows if not row.startswith("@@"))])


def compare(known: Known) -> list[Difference]:
    """What of the stage the project lacks or has otherwise; formatting, comments and docstrings do not count.

    What the project has beyond the stage is its own affair, and so are migrations, which a command writes.
    """
    found: list[Difference] = []
    for name, path in files(known.stage).items():
        if name.startswith("tests/") or "/migrations/" in name or name in ("pytest.ini", "manage.py"):
            continue
        theirs = renamed(path.read_text(encoding="utf-8"), known.package)
        file = known.theirs(name)
        if name.endswith(".py"):
            found += _python(known, name, file, theirs)
        else:
            mine = _read(known, file)
            if _plain(mine) != _plain(theirs):
                step = _step(known, name, "")
                found.append(Difference(Place(file, 1), "", mine, theirs, step))
    return sorted(found, key=lambda difference: difference.step)


def until(found: list[Difference], step: int) -> tuple[list[Difference], int]:
    """The differences that the chapter has told up to `step`, and how many come later."""
    told = [difference for difference in found if difference.step <= step]
    return told, len(found) - len(told)


def _python(known: Known, name: str, file: str, theirs: str) -> list[Difference]:
    mine = known.texts.get(file, "")
    try:
        here = symbols(mine)
    except ValueError:  # NotPython, or text with NUL in it
        here = {}
    there = symbols(theirs)
    found = [*_heads(known, name, file, mine, theirs)]
    for symbol in _leaves(there):
        own = here.get(symbol.name)
        old, new = (source(mine, own) if own else "", source(theirs, symbol))
        if symbol.name == IMPORTS:
            same = _imported(new) <= _imported(old)
        else:
            same = bool(own) and meaning(old) == meaning(new)
        if not same and (own or symbol.parent not in there or symbol.parent in here):
            place = Place(file, own.first if own else 0)
            found.append(Difference(place, symbol.name, old, new, _step(known, name, symbol.name)))
        elif not same and symbol.parent not in {difference.symbol for difference in found}:
            whole = there[symbol.parent]
            step = _step(known, name, whole.name)
            found.append(Difference(Place(file, 0), whole.name, "", source(theirs, whole), step))
    return found


def _heads(known: Known, name: str, file: str, mine: str, theirs: str) -> Iterator[Difference]:
    """The classes that both have with other bases or other decorators."""
    own, wanted = _headlines(mine), _headlines(theirs)
    for symbol in sorted(own.keys() & wanted.keys()):
        (line, old), (_, new) = own[symbol], wanted[symbol]
        if old != new:
            yield Difference(Place(file, line), symbol, old, new, _step(known, name, symbol))


def _headlines(text: str) -> dict[str, tuple[int, str]]:
    """The line and the head of each class of a module, as Python understands it."""
    try:
        tree = ast.parse(text)
    except (ValueError, SyntaxError):
        return {}
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            line, node.body = node.lineno, [ast.Pass()]
            found[node.name] = (line, ast.unparse(node).rpartition("\n")[0])
    return found


def _leaves(found: Mapping[str, Symbol]) -> list[Symbol]:
    """The symbols that hold no others: what a class is made of, rather than the class."""
    parents = {symbol.parent for symbol in found.values()}
    return [symbol for symbol in found.values() if symbol.name not in parents]


def source(text: str, symbol: Symbol) -> str:
    """The lines of `text` in which the symbol is defined."""
    lines = lines_of(text)
    return "\n".join(line for first, last in symbol.spans for line in lines[first - 1 : last])


def meaning(source: str) -> str:
    """The code as Python understands it: without comments, docstrings, formatting, and with the same SECRET_KEY."""
    try:
        tree = ast.parse(_dedent(source))
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.Assign) and _is_secret(node):
            node.value = ast.Constant(SECRET)
    return ast.unparse(tree)


def _is_secret(node: ast.Assign) -> bool:
    """Whether it sets the key that startproject makes up: everybody has another one."""
    named = isinstance(node.targets[0], ast.Name) and node.targets[0].id == SECRET
    value = node.value.value if isinstance(node.value, ast.Constant) else None
    return named and isinstance(value, str) and len(value) >= SECRET_LENGTH


def _dedent(source: str) -> str:
    lines = source.splitlines()
    depth = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[depth:] for line in lines)


def _imported(source: str) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return {alias.asname or alias.name for node in nodes for alias in node.names}


def _plain(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in lines_of(text))
    return [line for line in lines if line and not line.startswith("#")]


def _read(known: Known, file: str) -> str:
    path = known.project.outer / file if known.project else None
    return readable(path) if path else ""


def _step(known: Known, file: str, symbol: str) -> int:
    brought = {(f, s): changed for f, s, changed in steps.candidates(known.stage)}
    if not brought.get((file, symbol), 1 if symbol == IMPORTS else 0):
        return EARLIER
    step = steps.step_number(steps.Aim(known.stage, file, symbol))
    return EARLIER if step is None else step
