"""Calls that do not fit what they call, in plain words: arguments too many, too few, or by another name."""

from __future__ import annotations

import ast
import re

from companion.explaining.advice import Advice, at, first_line, meant
from companion.project.index import Definition, Known, close
from companion.project.results import Failure, Place

FAR = 30  # lines within which a call ends


def no_self(failure: Failure, known: Known) -> Advice | None:
    """A method without `self`, or a call that does not fit its function."""
    hit = re.match(
        r"((?:\w+\.)*)(\w+)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given", failure.message
    )
    if failure.type != "TypeError" or not hit:
        return None
    definition = _called(hit[1], hit[2], known)
    place = definition.place if definition else failure.place
    if definition and definition.symbol.parent and int(hit[4]) == int(hit[3]) + 1:
        first = known.line(rf"def {hit[2]}\(self\b", definition.file)
        if not first:
            return Advice(f"{place}, defines the method {hit[2]} without self.",
                          "The first parameter of a method is self.", place)  # fmt: skip
    return Advice(f"{at(place)}: {hit[2]} takes {hit[3]} arguments and is given {hit[4]}.",
                  "Compare its parameters with the chapter.", place)  # fmt: skip


def unknown_keyword(failure: Failure, known: Known) -> Advice | None:
    """A keyword that the called function does not have."""
    hit = re.match(r"((?:\w+\.)*)(\w+)\(\) got an unexpected keyword argument '(\w+)'", failure.message)
    hit = hit or re.search(r"()kwargs to (\w+)\(\) is deprecated.*Unsupported kwargs: \('(\w+)'", failure.message)
    if not hit:
        return None
    name, keyword = hit[2], hit[3]
    code = failure.place.code if failure.place else ""
    outer = re.search(r"(\w+)\(", code) if name == "__init__" else None
    called = outer[1] if outer else name
    place = _written(keyword, failure.place, known)
    definition = _called(hit[1], name, known)
    if place is None or (definition and not known.symbols_of_stage(definition.file).get(definition.symbol.name)):
        place = definition.place if definition else failure.place
    near = close(keyword, _keywords(called, known) - {keyword})
    return Advice(f"{at(place)}: {called}() does not know {keyword}=.{meant(near and f'{near}=')}",
                  f"Write {near}=." if near else "Compare its parameters with the chapter.", place)  # fmt: skip


def missing_argument(failure: Failure, known: Known) -> Advice | None:
    """A call without an argument that the function needs."""
    hit = re.match(r"((?:\w+\.)*)(\w+)\(\) (missing .+)", failure.message)
    if failure.type != "TypeError" or not hit:
        return None
    definition = _called(hit[1], hit[2], known)
    place = definition.place if definition else failure.place
    owner = hit[1].strip(".").rpartition(".")[2]
    called = owner if hit[2] == "__init__" and owner else hit[2]
    return Advice(f"{at(place)}: {called}() {first_line(hit[3])}.", "Compare its parameters with the chapter.", place)


def _called(owner: str, name: str, known: Known) -> Definition | None:
    """What the project has by that name: of a method, in the class that the message names."""
    cls = owner.strip(".").rpartition(".")[2]
    found = [d for d in known.definitions if d.tail == name]
    inside = [d for d in found if d.symbol.parent.rpartition(".")[2] == cls]
    if cls:
        return inside[0] if inside else None
    return found[0] if found and not name.startswith("__") else None


def _keywords(called: str, known: Known) -> set[str]:
    """The keywords with which the stage calls functions of that name; all that it uses where it calls none."""
    found: dict[str, set[str]] = {"": set()}
    for text in known.stage_texts.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                words = {word.arg for word in node.keywords if word.arg}
                found[""] |= words
                found[name] = found.get(name, set()) | words
    return found.get(called) or found[""]


def _written(keyword: str, place: Place | None, known: Known) -> Place | None:
    """The line of a call that has the keyword: the call begins at the place."""
    lines = known.texts.get(place.file, "").splitlines() if place else []
    for number in range(place.line if place else 1, min(len(lines), (place.line if place else 0) + FAR) + 1):
        if place and re.search(rf"\b{keyword}\s*=(?!=)", lines[number - 1]):
            return Place(place.file, number, lines[number - 1].strip())
    return None


RULES = [no_self, unknown_keyword, missing_argument]
