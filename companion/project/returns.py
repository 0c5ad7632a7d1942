"""Functions that return nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from companion.project.index import Definition, Known
from companion.project.results import Place

Ends = (ast.Return, ast.Yield, ast.YieldFrom, ast.Raise)


def without_return(known: Known, place: Place | None) -> Place | None:
    """The function at a place that returns nothing; in a class its method, behind a return what it calls."""
    seen: set[str] = set()
    todo = [found] if (found := _around(known, place)) else []
    while todo:
        definition = todo.pop()
        if definition.symbol.name in seen:
            continue
        seen.add(definition.symbol.name)
        for function in _functions(known.texts[definition.file], definition):
            if not any(isinstance(node, Ends) for node in ast.walk(function)) and function.name != "__init__":
                return Place(definition.file, function.lineno)
            called = (known.define(name, definition.file) or known.define(name) for name in _called(function))
            todo += [found for found in called if found and found.symbol.kind == "function"]
    return None


def lost_return(known: Known) -> Place | None:
    """The first function of the project that returns nothing, though the stage's of the same name returns a value."""
    wanted = {(known.theirs(file), name) for file, text in known.stage_texts.items() for name in _giving(text)}
    for file, text in known.texts.items():
        try:
            functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        except (ValueError, SyntaxError):
            continue
        giving = set(_giving(text))
        for node in functions:
            if (file, node.name) in wanted and node.name not in giving:
                return Place(file, node.lineno)
    return None


def _giving(text: str) -> Iterator[str]:
    """The functions that return a value somewhere."""
    for node in ast.walk(ast.parse(text)):
        returns = (part for part in ast.walk(node) if isinstance(part, ast.Return) and part.value)
        if isinstance(node, ast.FunctionDef) and any(returns):
            yield node.name


def _around(known: Known, place: Place | None) -> Definition | None:
    """The innermost function or class at a place."""
    around = [
        definition
        for definition in known.definitions
        if place and definition.file == place.file and definition.symbol.kind != "name"
        if definition.symbol.first <= place.line <= definition.symbol.last
    ]
    return min(around, key=lambda d: d.symbol.last - d.symbol.first, default=None)


def _functions(text: str, definition: Definition) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and definition.symbol.first <= node.lineno <= definition.symbol.last:
            yield node


def _called(function: ast.FunctionDef) -> Iterator[str]:
    """The functions and methods whose result the function returns."""
    for node in ast.walk(function):
        call = node.value if isinstance(node, ast.Return) else None
        if isinstance(call, ast.Call) and isinstance(call.func, (ast.Attribute, ast.Name)):
            yield call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
