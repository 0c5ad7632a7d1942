"""Says in words what a difference from the stage is, and what to do about it."""

from __future__ import annotations

import re

from companion.explaining.advice import Advice, at, first_line
from companion.project.edits import Hunk
from companion.project.results import Failure

SIGNS = {",": "a comma", ".": "a dot", ":": "a colon"}  # what is easy to overlook
LONG = 60  # characters of a text that are shown
MOST = 120  # characters of what a failure says


def describe(hunk: Hunk) -> Advice:
    """The place and what is wrong there, and what makes it the stage's."""
    return {
        "changed": _changed,
        "missing": _missing,
        "extra": _extra,
        "decorator": _decorator,
        "depth": _depth,
        "moved": _moved,
        "no file": _no_file,
        "renamed": _renamed,
    }[hunk.kind](hunk)


def _changed(hunk: Hunk) -> Advice:
    mine, theirs = (SIGNS.get(each, each) for each in _shortened(hunk.mine, hunk.theirs))
    where, write = str(hunk.place), f"Write: {hunk.statement}"
    if hunk.block:
        write = _block(hunk)
    if mine and theirs:
        return Advice(f"{where}, has {mine}, where the stage has {theirs}.", write, hunk.place)
    if mine and _bare(mine) == _bare(hunk.place.code):
        write = "Remove this line."
    if mine:
        return Advice(f"{where}, has {mine}, which the stage does not have there.", write, hunk.place)
    if _bare(theirs) == _bare(hunk.statement):
        return Advice(f"{where}: below it, {theirs} is missing.", f"Add {_below(hunk)}: {hunk.statement}", hunk.place)
    return Advice(f"{where}, lacks {theirs}, which the stage has there.", write, hunk.place)


def _block(hunk: Hunk) -> str:
    """The stage's lines for those of the project, where one line is not enough."""
    edit = hunk.edits[0]
    lines = f"lines {edit.first} to {edit.last}" if edit.last > edit.first else f"line {edit.first}"
    return "\n".join([f"Replace {lines} with:", *edit.lines])


def _missing(hunk: Hunk) -> Advice:
    lines = [line for edit in hunk.edits for line in edit.lines if line.strip()]
    owner, _, name = hunk.lost.rpartition(".")
    if hunk.edits[0].last >= hunk.edits[0].first:
        return Advice(
            f"{hunk.place}, is not inside of a block that begins with: {hunk.statement}",
            f"Add above it: {hunk.statement}\nIndent the lines that belong to it by four spaces.",
            hunk.place,
        )
    if hunk.lost:
        said = f"{hunk.place}: {owner} has no {name} yet." if owner else f"{hunk.file} has no {name} yet."
        what = f"{name}, as the chapter shows" if len(lines) > 1 else hunk.statement
        return Advice(said, f"Add {_below(hunk)}: {what}", hunk.place)
    if len(lines) > 1:
        said = f"{hunk.place}: below it, {len(lines)} lines of the stage are missing, from: {lines[0].strip()}"
        return Advice(said, "Add them, as the chapter shows.", hunk.place)
    return Advice(f"{hunk.place}: below it, {_cut(lines[0].strip())} is missing.",
                  f"Add {_below(hunk)}: {lines[0].strip()}", hunk.place)  # fmt: skip


def _below(hunk: Hunk) -> str:
    return f"below line {hunk.place.line}" if hunk.place.line else "at the top of the file"


def _decorator(hunk: Hunk) -> Advice:
    name = re.search(r"(?:def|class) (\w+)", hunk.place.code)
    what = f"defines {name[1]} without" if name else "lacks"
    return Advice(f"{hunk.place}, {what} {hunk.statement}.", f"Add above it: {hunk.statement}", hunk.place)


def _extra(hunk: Hunk) -> Advice:
    count = hunk.last - hunk.place.line + 1
    what = f"{count} lines" if count > 1 else _cut(hunk.mine)
    remove = f"Remove lines {hunk.place.line} to {hunk.last}." if count > 1 else "Remove it."
    return Advice(f"{hunk.place}, has {what}, which the stage does not have.", remove, hunk.place)


def _depth(hunk: Hunk) -> Advice:
    """What is too far to the left or to the right; of a function, where that puts it."""
    function = re.match(r"(?:async )?def (\w+)", hunk.place.code)
    deeper = int(hunk.mine) > int(hunk.theirs)
    if function and hunk.mine == "0":
        return Advice(f"{hunk.place}, defines {function[1]} outside of the class that it belongs to.",
                      "Indent the whole function by four spaces, so that it is a method.", hunk.place)  # fmt: skip
    if function and deeper:
        return Advice(f"{hunk.place}, defines {function[1]} inside of another function.",
                      "Give it the indentation of the other methods.", hunk.place)  # fmt: skip
    write = _block(hunk) if hunk.block else f"Begin the line with {4 * int(hunk.theirs)} spaces."
    side = "more" if deeper else "less"
    return Advice(f"{hunk.place}, is indented {side} than the stage's line.", write, hunk.place)


def _moved(hunk: Hunk) -> Advice:
    line = hunk.edits[0].first - 1
    where = f"below line {line}" if line else "to the top of the file"
    return Advice(f"{hunk.place}, is not where the stage has it.", f"Move it {where}.", hunk.place)


def _no_file(hunk: Hunk) -> Advice:
    return Advice(f"{hunk.file} does not exist yet.", f"Create {hunk.file}, as the chapter shows.", hunk.place)


def _renamed(hunk: Hunk) -> Advice:
    return Advice(f"{hunk.mine} should be called {hunk.theirs}.", f"Rename the file to {hunk.theirs}.", hunk.place)


def effect(failure: Failure) -> str:
    """What came of a mistake: both sides of a comparison, or the error in Python's words."""
    said = first_line(failure.message).removesuffix(".")
    if refused := re.search(r"DID NOT RAISE (?:<class '[\w.]*?(\w+)'>|(\w+))", failure.message):
        return f"expected {refused[1] or refused[2]}, and no error was raised"
    if re.match(r"(not in|in|is not|!=|<=?|>=?) ", failure.wanted):
        return f"check failed: {_cut(failure.came)} {_cut(failure.wanted)}"
    if failure.phase == "find" or not failure.traceback:
        return ""
    if fault := re.search(r"^(.+?): \((\w+\.\w+)\) (.+)$", failure.message, re.MULTILINE):
        return f"manage.py check says: {_cut(fault[3]).removesuffix('.')} ({fault[2]})"
    if failure.wanted:
        return f"expected {_cut(failure.wanted)}, got {_cut(failure.came)}"
    if failure.type in ("AssertionError", "Failed"):
        where = re.search(r"\+\s+where (False|None|\[\]|0) = (.+)", failure.message)
        if where:
            return f"{_cut(_function(where[2]))} gives {where[1]}"
        return f"check failed: {_cut(_function(said.removeprefix('assert ')))}"
    said = re.sub(r" \([^()]*[\\/][^()]*\)$", "", said)  # a path on this machine
    return f"{failure.type}{': ' if said else ''}{_cut(said)}"


def unexplained(failure: Failure) -> Advice:
    """What happened, where nothing says why."""
    if failure.place is None and not failure.type:
        return Advice("Your project fails this test.", "", None, vague=True)
    return Advice(f"{at(failure.place)}: {effect(failure)}.", "", failure.place, vague=True)


def _function(call: str) -> str:
    """A call as a person writes it: pytest shows a function with its address in memory."""
    return re.sub(r"<(?:bound method|function) (?:\w+\.)*(\w+)[^()]*>(?=\()", r"\1", call)


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text).strip(",").replace("'", '"')


def _shortened(mine: str, theirs: str) -> tuple[str, str]:
    """Two words; of two long texts, the words in them that differ."""
    old, new = mine.split(), theirs.split()
    if max(len(mine), len(theirs)) > LONG and len(old) == len(new):
        different = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        return " ".join(a for a, _ in different), " ".join(b for _, b in different)
    return _cut(mine), _cut(theirs)


def _cut(text: str, most: int = MOST) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
