"""Where the classes, functions, constants and imports of a Python file stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

IMPORTS = "imports"
END_OF_LINE = re.compile(r"\r\n|\r|\n")
Span = tuple[int, int]  # first and last line, counted from 1


class NotPython(ValueError):
    """The text does not parse; the message says at which line, and why."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named part of a file: `name` is dotted (`User.clean`).

    It has several `spans` when it is defined in several places: a property and its setter, a list and what is
    added to it later, imports above and below other code.
    """

    name: str
    kind: str  # "class", "function", "name" or "imports"
    spans: tuple[Span, ...]

    @property
    def first(self) -> int:
        return self.spans[0][0]

    @property
    def last(self) -> int:
        return self.spans[-1][1]

    @property
    def parent(self) -> str:
        return self.name.rpartition(".")[0]


def lines_of(text: str) -> list[str]:
    """The lines of a text as Python, Pygments and editors count them, without what ends them.

    `str.splitlines` also cuts at a form feed and at U+2028, and all numbers behind such a character would be off.
    """
    lines = END_OF_LINE.split(text)
    return lines if lines[-1] else lines[:-1]


@lru_cache(maxsize=1024)
def symbols(text: str) -> Mapping[str, Symbol]:
    """The symbols of a Python file by dotted name; `imports` means all of its top-level imports.

    A symbol begins with its decorators and with the comment lines right above it. Raises NotPython. A text that was
    read before is not read again: a page asks many times for the same, and `serve` builds it many times.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise NotPython(f"line {error.lineno} is not Python: {error.msg}") from None
    lines = lines_of(text)
    kinds: dict[str, str] = {}
    places: dict[str, list[Span]] = {}
    firsts: dict[int, int] = {}
    for name, kind, node in _named(module.body, ""):
        kinds[name] = kind
        places.setdefault(name, []).append(_span(node, lines, firsts))
    found = {name: Symbol(name, kinds[name], tuple(spans)) for name, spans in places.items()}
    if spans := _imports(module.body):
        found[IMPORTS] = Symbol(IMPORTS, "imports", spans)
    return MappingProxyType(found)


def read_symbols(path: str, text: str | None) -> Mapping[str, Symbol]:
    """The symbols of a file with this text: none where it is not Python, or does not parse."""
    try:
        return symbols(text or "") if path.endswith(".py") else {}
    except NotPython:
        return {}


def enclosing(found: Mapping[str, Symbol], line: int) -> Symbol | None:
    """The innermost class or function that `line` stands inside of, below its first line."""
    around = [
        (last - first, symbol)
        for symbol in found.values()
        for first, last in symbol.spans
        if symbol.kind in ("class", "function") and first < line <= last
    ]
    return min(around, key=lambda pair: pair[0], default=(0, None))[1]


def inside(found: Mapping[str, Symbol], line: int) -> Symbol | None:
    """The constant whose value, written over several lines, goes on in `line`."""
    kinds = ((symbol, span) for symbol in found.values() if symbol.kind == "name" for span in symbol.spans)
    return next((symbol for symbol, (first, last) in kinds if first < line <= last), None)


def _named(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str, ast.stmt]]:
    """Name, kind and statement of all that is defined here, also inside an `if`, a `try` or a `with`."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name, "function", node
        elif isinstance(node, ast.ClassDef):
            yield prefix + node.name, "class", node
            yield from _named(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                    if isinstance(part, ast.Name):
                        yield prefix + part.id, "name", node
        else:
            for branch in ("body", "handlers", "orelse", "finalbody"):
                yield from _named(getattr(node, branch, []), prefix)


def _span(node: ast.stmt, lines: list[str], firsts: dict[int, int]) -> Span:
    """Where a statement stands; `firsts` remembers where the comment above a line begins, for many may share it."""
    line = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    if line not in firsts:
        first = line
        while first > 1 and lines[first - 2].lstrip().startswith("#"):
            first -= 1
        firsts[line] = first
    return firsts[line], node.end_lineno or node.lineno


def _imports(body: list[ast.stmt]) -> tuple[Span, ...]:
    """One span for each group of imports that no other statement divides."""
    spans: list[Span] = []
    together = False
    for node in body:
        is_import = isinstance(node, (ast.Import, ast.ImportFrom))
        if is_import:
            last = node.end_lineno or node.lineno
            spans.append((spans.pop()[0], last) if together else (node.lineno, last))
        together = is_import
    return tuple(spans)
