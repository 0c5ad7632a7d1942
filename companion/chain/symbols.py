"""Finds the lines of the classes, functions, constants and imports in a Python file."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType

IMPORTS = "imports"
END_OF_LINE = re.compile(r"\r\n|\r|\n")
Span = tuple[int, int]  # first and last line, counted from 1


class NotPython(ValueError):
    """Raised if a text is not valid Python; the message gives the line and the reason."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named part of a file: `name` is dotted, as in `User.clean`.

    It has several `spans` if it is defined in several places: a property and its setter, a list that is extended later,
    imports above and below other code.
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

    def includes(self, line: int) -> bool:
        """Returns whether a line is in one of the spans."""
        return any(first <= line <= last for first, last in self.spans)


def lines_of(text: str) -> list[str]:
    """Returns the lines of a text as Python, Pygments and editors count them, without line endings.

    `str.splitlines` also splits at form feeds and U+2028, which would shift all later line numbers.
    """
    lines = END_OF_LINE.split(text)
    return lines if lines[-1] else lines[:-1]


@lru_cache(maxsize=1024)
def symbols(text: str) -> Mapping[str, Symbol]:
    """Returns the symbols of a Python file by dotted name; `imports` is all of its top-level imports.

    A symbol begins at its decorators and the comment lines right above it. Raises NotPython. Cached, because a page
    needs the same symbols many times.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise NotPython(f"line {error.lineno} is not Python: {error.msg}") from None
    tops = [1]  # for each line, the line itself, or the first of the comments right above it
    for number, line in enumerate(lines_of(text), 1):
        tops.append(tops[-1] if line.lstrip().startswith("#") else number + 1)
    kinds: dict[str, str] = {}
    spans: dict[str, list[Span]] = {}
    for name, kind, node in _named(module.body, ""):
        kinds[name] = kind
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        spans.setdefault(name, []).append((tops[first - 1], node.end_lineno or node.lineno))
    for is_import, group in groupby(module.body, lambda node: isinstance(node, (ast.Import, ast.ImportFrom))):
        if is_import:
            nodes = list(group)
            kinds[IMPORTS] = "imports"
            spans.setdefault(IMPORTS, []).append((nodes[0].lineno, nodes[-1].end_lineno or nodes[-1].lineno))
    return MappingProxyType({name: Symbol(name, kinds[name], tuple(spans[name])) for name in spans})


def read_symbols(path: str, text: str | None) -> Mapping[str, Symbol]:
    """Returns the symbols of a file with this text, or {} if it is not valid Python."""
    try:
        return symbols(text or "") if path.endswith(".py") else {}
    except ValueError:  # NotPython, or a text with NUL in Python 3.11
        return {}


def enclosing(found: Mapping[str, Symbol], line: int, kinds: Collection[str] = ("class", "function")) -> Symbol | None:
    """Returns the innermost symbol of these kinds that contains `line` below its first line, or None."""
    spans = [(span, symbol) for symbol in found.values() if symbol.kind in kinds for span in symbol.spans]
    around = [(last - first, symbol) for (first, last), symbol in spans if first < line <= last]
    return min(around, key=lambda pair: pair[0], default=(0, None))[1]


def _named(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str, ast.stmt]]:
    """Yields name, kind and statement of everything defined here, also inside an `if`, a `try` or a `with`."""
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
