"""What a class or an object is asked for and does not have, in plain words."""

from __future__ import annotations

import re

from companion.explaining.advice import Advice, at, meant, subject
from companion.explaining.rules import against_stage
from companion.project.index import Known
from companion.project.results import Failure, Place


def no_attribute(failure: Failure, known: Known) -> Advice | None:
    """Something that a module, a class or an object does not have."""
    hit = re.search(r"(?:module|type object)? ?'([\w.]+)'(?: object)? has no attribute '(\w+)'", failure.message)
    if failure.type not in ("AttributeError", "WrappedAttributeError") or not hit:
        return None
    owner, name, place = hit[1], hit[2], failure.place
    if owner == "super" and place:
        return Advice(f"{place}, lacks the brackets behind super.", f"Write super().{name}", place)
    if owner == "NoneType":
        return _none(name, place) if place else None
    stray = known.define(name)
    if stray and stray.outside:
        return Advice(f"{stray.place}, defines {name} outside of the class that it belongs to.",
                      "Indent the whole function by four spaces, so that it is a method.", stray.place)  # fmt: skip
    if stray and "." in stray.symbol.parent and known.define(stray.symbol.parent.rpartition(".")[2]):
        return Advice(f"{stray.place}, defines {name} inside of {stray.symbol.parent}.",
                      "Give it the indentation of the other methods.", stray.place)  # fmt: skip
    inside = known.define(owner.rpartition(".")[2])
    file = known.module(owner)
    near = known.near(name, file) if file else known.near(name, inside=inside.symbol.name) if inside else None
    if near and place and near.file != place.file and near.symbol.name in known.symbols_of_stage(near.file):
        return Advice(f"{place}, asks {owner} for {name}, which it does not have. Did you mean {near.tail}?",
                      f"Write {near.tail}.", place)  # fmt: skip
    if near:
        return Advice(f"{near.place}, defines {near.tail}, where {name} is asked for.",
                      f"Rename it to {name}.", place if place and place.file != near.file else near.place)  # fmt: skip
    if inside and (other := against_stage.other_bases(failure, known)):
        return other
    within = known.line(rf"^\s+def {name}\b", (inside.file if inside else file) or known.settings)
    if within and not known.define(name):
        return Advice(f"{within}, defines {name} inside of another function.",
                      "Give it the indentation of the other methods.", within)  # fmt: skip
    if inside or file:
        where = inside.place if inside else Place(str(file), 0)
        return Advice(f"{where}: {owner} has no {name} yet.", f"Add {name}, as the chapter shows.", where)
    if not place and (still := _not_yet(name, known)):
        return still
    sentence = f"{subject(place)} asks {owner} for {name}, which it does not have.{meant(failure.near)}"
    return Advice(sentence, "Correct the spelling.", place)


def _not_yet(name: str, known: Known) -> Advice | None:
    """A method of the stage's manager that a test asks for: it is not written, or the model does not use it yet."""
    whole = known.in_stage(name)
    if whole is None or "Manager" not in whole[1]:
        return None
    file, manager = known.theirs(whole[0]), whole[1].partition(".")[0]
    mine = known.define(manager, file)
    if mine is None or known.define(name, file) is None:
        where = mine.place if mine else Place(file, 0)
        said = f"{mine.place}: {manager} has no {name} yet." if mine else f"{file} has no class {manager} yet."
        return Advice(said, f"Add {name if mine else manager}, as the chapter shows.", where)
    line = known.line(r"^class \w+\(.*AbstractBaseUser")
    return Advice(f"{at(line)}: your model does not use {manager} yet.",
                  f"Write into the model: objects = {manager}()", line)  # fmt: skip


def not_overridden(failure: Failure, known: Known) -> Advice | None:
    """A method that a class of Django REST Framework leaves to ours, and that is not written yet."""
    hit = re.search(r"(\w+)\(\) must be overridden", failure.message)
    whole = known.in_stage(hit[1]) if hit and failure.type == "NotImplementedError" else None
    if not hit or whole is None or known.define(hit[1]):
        return None
    owner = known.define(whole[1].partition(".")[0], known.theirs(whole[0]))
    if owner is None:
        return None
    return Advice(f"{owner.place}: {owner.tail} has no {hit[1]} yet.",
                  f"Add {hit[1]}, as the chapter shows.", owner.place)  # fmt: skip


def _none(name: str, place: Place) -> Advice:
    sentence = f"{place}, gets None where it needs something with {name}."
    return Advice(sentence, "Is a return missing in the function that was called?", place)


RULES = [no_attribute]
