"""Where the classes, functions, constants and imports of a Python file stand."""

from __future__ import annotations

import ast
from dataclasses import dataclass

IMPORTS = "imports"


class NotPython(ValueError):
    """The text does not parse; the message says at which line, and why."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named part of a file: `name` is dotted (`User.clean`), lines count from 1, both ends included."""

    name: str
    kind: str  # "class", "function", "name" or "imports"
    first: int
    last: int

    @property
    def parent(self) -> str:
        return self.name.rpartition(".")[0]


def symbols(text: str) -> dict[str, Symbol]:
    """The symbols of a Python file by dotted name; `imports` stands for all of its top-level imports.

    A symbol begins with its decorators and with the comment lines right above it. Raises NotPython.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise NotPython(f"line {error.lineno} is not Python: {error.msg}") from None
    lines = text.splitlines()
    found: dict[str, Symbol] = {}
    _collect(module.body, "", lines, found)
    imports = [node for node in module.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if imports:
        found[IMPORTS] = Symbol(IMPORTS, "imports", imports[0].lineno, imports[-1].end_lineno or imports[-1].lineno)
    return found


def enclosing(found: dict[str, Symbol], line: int) -> Symbol | None:
    """The innermost class or function that `line` stands inside of, below its first line."""
    around = [s for s in found.values() if s.kind in ("class", "function") and s.first < line <= s.last]
    return min(around, key=lambda s: s.last - s.first, default=None)


def before(found: dict[str, Symbol], line: int, parent: str) -> Symbol | None:
    """The last symbol directly inside `parent` ("" for the module) that ends above `line`."""
    above = [s for s in found.values() if s.parent == parent and s.last < line]
    return max(above, key=lambda s: s.last, default=None)


def _collect(body: list[ast.stmt], prefix: str, lines: list[str], found: dict[str, Symbol]) -> None:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _put(node, prefix + node.name, "function", lines, found)
        elif isinstance(node, ast.ClassDef):
            _put(node, prefix + node.name, "class", lines, found)
            _collect(node.body, f"{prefix}{node.name}.", lines, found)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    _put(node, prefix + target.id, "name", lines, found)


def _put(node: ast.stmt, name: str, kind: str, lines: list[str], found: dict[str, Symbol]) -> None:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    while first > 1 and lines[first - 2].lstrip().startswith("#"):
        first -= 1
    found[name] = Symbol(name, kind, first, node.end_lineno or node.lineno)
