"""What stands above and around code, and is another than the stage's: decorators, `async`, the lines of addresses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from companion.explaining.advice import Advice
from companion.project.index import Known
from companion.project.results import Failure, Place

Function = ast.FunctionDef | ast.AsyncFunctionDef
LOST = ("Resolver404", "JSONDecodeError", "NoReverseMatch")  # no such address, or a page that is no JSON


def headed_otherwise(failure: Failure, known: Known) -> Advice | None:
    """A function that lacks the decorator of the stage's, or its brackets, or is `async` where the stage's is not."""
    if failure.places or failure.phase != "test":
        return None
    for file, text in known.stage_texts.items():
        mine = dict(_functions(known.texts.get(known.theirs(file), "")))
        for name, wanted in _functions(text):
            if name in mine and (advice := _head(known.theirs(file), name, mine[name], wanted)):
                return advice
    return None


def _head(file: str, name: str, mine: Function, wanted: Function) -> Advice | None:
    place, tail = Place(file, mine.lineno), name.rpartition(".")[2]
    if type(mine) is not type(wanted) and isinstance(mine, ast.AsyncFunctionDef):
        return Advice(
            f"{place}, defines {tail} with async, and nothing waits for it.", "Write def, without async.", place
        )
    there = [ast.unparse(each) for each in wanted.decorator_list]
    here = {ast.unparse(each): each for each in mine.decorator_list}
    for decorator in there:
        bare = decorator.partition("(")[0]
        if bare != decorator and bare in here:
            place = Place(file, here[bare].lineno)
            return Advice(f"{place}: @{bare} lacks its brackets.", f"Write @{decorator}", place)
        if not here:
            return Advice(f"{place}, defines {tail} without @{decorator}.", f"Write @{decorator} above it.", place)
    return None


def _functions(text: str) -> Iterator[tuple[str, Function]]:
    """The functions of a module and the methods of its classes, by dotted name; text that is no Python has none."""
    try:
        body = ast.parse(text).body
    except (ValueError, SyntaxError):
        return
    for node in body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        yield from ((f"{prefix}{each.name}", each) for each in inner if isinstance(each, Function))


@dataclass(frozen=True, slots=True)
class Route:
    """A named address: where it stands, its pattern, and the view as it is written."""

    place: Place
    pattern: str
    view: str


def other_route(failure: Failure, known: Known) -> Advice | None:
    """An address that has the name of one of the stage's, and another view or pattern."""
    if failure.phase != "test" or any(not place.file.endswith("urls.py") for place in failure.places):
        return None
    lost = failure.type in LOST or "404" in (failure.came, failure.message[:12])
    wanted = dict(_routes(known.stage_texts))
    for name, mine in _routes({file: text for file, text in known.texts.items() if file.endswith("urls.py")}):
        if name not in wanted or failure.type not in (*LOST, "AssertionError"):
            continue
        place, there = mine.place, wanted[name]
        if mine.view == there.view.removesuffix("()"):
            return Advice(f"{place}: .as_view lacks its brackets.", f"Write {there.view}", place)
        if mine.view != there.view and there.view in {other.view for other in dict(_routes(known.texts)).values()}:
            return Advice(f"{place}: the address {name} leads to {_bare(mine.view)}, and not to {_bare(there.view)}.",
                          f"Write {there.view}", place)  # fmt: skip
        if lost and mine.pattern != there.pattern:
            return Advice(f"{place}: the address {name} is {mine.pattern!r}, where the stage has {there.pattern!r}.",
                          "What stands before it comes from the file that includes it.", place)  # fmt: skip
    return None


def _bare(view: str) -> str:
    return view.removesuffix(".as_view()")


def _routes(texts: dict[str, str]) -> Iterator[tuple[str, Route]]:
    for file, text in texts.items():
        try:
            calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and len(node.args) == 2]
        except (ValueError, SyntaxError):
            continue
        for call in calls:
            names = [word.value for word in call.keywords if word.arg == "name"]
            pattern = call.args[0]
            if names and isinstance(names[0], ast.Constant) and isinstance(pattern, ast.Constant):
                view = ast.unparse(call.args[1]).removeprefix("views.")
                yield str(names[0].value), Route(Place(file, call.lineno), str(pattern.value), view)


RULES = [headed_otherwise, other_route]
