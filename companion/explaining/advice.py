"""Defines the form of an explanation, and describes differences from the stage: what is wrong, why, and the remedy."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from companion.project.edits import Hunk
from companion.project.index import Known
from companion.project.results import Failure, Place

SIGNS = {",": "a comma", ".": "a dot", ":": "a colon"}  # punctuation that is easy to overlook, so it is named in words
LONG = 60  # characters: in two longer texts, only the words that differ are shown
MOST = 120  # characters: the longest text of a failure that is shown
PATH = r"(?<=['\"])(?:/|[A-Za-z]:\\)[^'\"]*[/\\]([^'\"/\\]+)(?=['\"])"  # an absolute path; group 1 is the file's name
# Each row: regular expressions for the failure, the project's words and the stage's words, and the sentence to add.
NOTES = [
    (r"no attribute 'decode'", r"decode", r"", "Since PyJWT 2, jwt.encode() returns text, which has no decode()."),
    (r"InvalidSubject|InvalidJTI", r"", r"str", "This claim has to be text (RFC 7519)."),
    (r"view must be a callable", r"", r"include", "path() needs a view or include(), and this is text."),
    (r"view must be a callable|as_view", r"", r"as_view|^\(\)$", "path() needs a function, which .as_view() returns."),
    (r"method resolution", r"", r"", "A base class has to come before the classes that it inherits from."),
    (r"", r"^\(", r"^\[", "Round brackets alone do not make a list."),
    (r"partially initialized module", r"import", r"", "The two files import each other."),
    (r"", r"", r"^self\b(?!\.)", "The first parameter of a method is self."),
    (r"\bNone\b|NoneType", r"", r"^return\b", "A function without return gives None."),
    (r"'super'", r"", r"^\(\)$", "super is called with brackets."),
    (r"RecursionError|maximum recursion", r"", r"", "It calls itself again and again."),
    (r"has been swapped for", r"", r"", "Your own user model replaces Django's User."),
    (r"", r"^\(\)$", r"^$", "With brackets, it is called once, when the file is loaded."),
    (r"", r"^,$", r"^$", "A comma at the end makes a tuple."),
    (r"coroutine", r"async", r"", "Nothing waits for a function that is async."),
]


@dataclass(frozen=True, slots=True)
class Advice:
    """Explains one failure: a sentence that says what is wrong and where, the remedy, and the line to open.

    If `certain` is true, the cause is known, so no differences are tried to find it.
    """

    sentence: str
    remedy: str = ""
    place: Place | None = None
    certain: bool = False


Rule = Callable[[Failure, Known], Advice | None]


def at(place: Place | None, said: str, remedy: str = "") -> Advice:
    """Returns advice that begins with `place`; `said` starts with the comma, colon or space that joins them."""
    return Advice(f"{place}{said}" if place else f"Your project{said.removeprefix(',')}", remedy, place)


def first_line(text: str) -> str:
    """Returns the first line of a message that is not blank."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def with_full_stop(text: str) -> str:
    """Returns the text with a full stop at the end, unless it already ends like a sentence."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def describe(hunk: Hunk) -> Advice:
    """Returns where the difference is, what is wrong there, and how to change it into the stage's code."""
    place = hunk.place
    if hunk.kind == "no file":
        return Advice(f"{hunk.file} does not exist yet.", f"Create {hunk.file}, as the chapter shows.", place)
    if hunk.kind == "renamed":
        return Advice(f"{hunk.mine} should be called {hunk.theirs}.", f"Rename the file to {hunk.theirs}.", place)
    if hunk.kind == "moved":
        line = hunk.edits[0].first - 1
        move = f"Move it below line {line}." if line else "Move it to the top of the file."
        return at(place, ", is not where the stage has it.", move)
    if hunk.kind == "decorator":
        name = re.search(r"(?:def|class) (\w+)", place.code)
        what = f"defines {name[1]} without" if name else "lacks"
        return at(place, f", {what} {hunk.statement}.", f"Add above it: {hunk.statement}")
    if hunk.kind == "extra":
        lines = f"lines {place.line} to {hunk.last}" if hunk.last > place.line else ""
        what = f"{hunk.last - place.line + 1} lines" if lines else _cut(hunk.mine)
        return at(place, f", has {what}, which the stage does not have.", f"Remove {lines or 'it'}.")
    return {"changed": _changed, "missing": _missing, "depth": _depth}[hunk.kind](hunk)


def _changed(hunk: Hunk) -> Advice:
    mine, theirs = (SIGNS.get(each, each) for each in _shortened(hunk.mine, hunk.theirs))
    write = _block(hunk) if hunk.block else f"Write: {hunk.statement}"
    old, new = (sorted(each.replace(",", " ").split()) for each in (hunk.mine, hunk.theirs))
    if len(old) > 1 and old == new:
        return at(hunk.place, ", has the same as the stage, in another order.", write)
    if mine and theirs:
        return at(hunk.place, f", has {mine}, where the stage has {theirs}.", write)
    if mine:
        write = "Remove this line." if _bare(mine) == _bare(hunk.place.code) else write
        return at(hunk.place, f", has {mine}, which the stage does not have there.", write)
    if _bare(theirs) == _bare(hunk.statement):
        return at(hunk.place, f": below it, {theirs} is missing.", f"Add {_below(hunk)}: {hunk.statement}")
    return at(hunk.place, f", lacks {theirs}, which the stage has there.", write)


def _block(hunk: Hunk) -> str:
    """Returns the remedy for a difference of several lines: the stage's lines that replace the project's."""
    edit = hunk.edits[0]
    lines = f"lines {edit.first} to {edit.last}" if edit.last > edit.first else f"line {edit.first}"
    return "\n".join([f"Replace {lines} with:", *edit.lines])


def _missing(hunk: Hunk) -> Advice:
    lines = [line.strip() for edit in hunk.edits for line in edit.lines if line.strip()]
    owner, _, name = hunk.lost.rpartition(".")
    if hunk.edits[0].last >= hunk.edits[0].first:
        remedy = f"Add above it: {hunk.statement}\nIndent the lines that belong to it by four spaces."
        return at(hunk.place, f", is not inside of a block that begins with: {hunk.statement}", remedy)
    if hunk.lost:
        said = f"{hunk.place}: {owner} has no {name} yet." if owner else f"{hunk.file} has no {name} yet."
        what = f"{name}, as the chapter shows" if len(lines) > 1 else hunk.statement
        return Advice(said, f"Add {_below(hunk)}: {what}", hunk.place)
    if len(lines) > 1:
        said = f": below it, {len(lines)} lines of the stage are missing, from: {lines[0]}"
        return at(hunk.place, said, "Add them, as the chapter shows.")
    return at(hunk.place, f": below it, {_cut(lines[0])} is missing.", f"Add {_below(hunk)}: {lines[0]}")


def _below(hunk: Hunk) -> str:
    return f"below line {hunk.place.line}" if hunk.place.line else "at the top of the file"


def _depth(hunk: Hunk) -> Advice:
    """Describes wrong indentation; for a function, says where the indentation puts it."""
    function = re.match(r"(?:async )?def (\w+)", hunk.place.code)
    deeper = int(hunk.mine) > int(hunk.theirs)
    if function and hunk.mine == "0":
        said = f", defines {function[1]} outside of the class that it belongs to."
        return at(hunk.place, said, "Indent the whole function by four spaces, so that it is a method.")
    if function and deeper:
        said = f", defines {function[1]} inside of another function."
        return at(hunk.place, said, "Give it the indentation of the other methods.")
    write = _block(hunk) if hunk.block else f"Begin the line with {4 * int(hunk.theirs)} spaces."
    return at(hunk.place, f", is indented {'more' if deeper else 'less'} than the stage's line.", write)


def effect(failure: Failure) -> str:
    """Returns what a mistake led to: both sides of a failed comparison, or the error in Python's words."""
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
        return f"expected {_cut(_plain(failure.wanted))}, got {_cut(_plain(failure.came))}"
    if failure.type in ("AssertionError", "Failed"):
        if where := re.search(r"\+\s+where (False|None|\[\]|0) = (.+)", failure.message):
            return f"{_cut(_plain(where[2]))} gives {where[1]}"
        return f"check failed: {_cut(_plain(said.removeprefix('assert ')))}"
    if failure.type == "JSONDecodeError":
        return "the response is not JSON"
    said = re.sub(r" \([^()]*[\\/][^()]*\)$", "", said)  # a path on this machine
    said = re.sub(r"(maximum recursion depth exceeded).*", r"\1", said)  # the rest of the message varies between runs
    if "[Errno" in said or "[WinError" in said:
        said = re.sub(PATH, r"\1", re.sub(r"^\[\w+ \d+\] ", "", said))
    return f"{failure.type}{': ' if said else ''}{_cut(said)}"


def note(failure: Failure, hunk: Hunk) -> str:
    """Returns the sentence for a failure and the difference that causes it, or "" if there is none."""
    if hunk.symbol == "USE_TZ":
        return "Without time zones, the times in your tokens are not in UTC, and tokens expire too early or too late."
    said = f"{failure.type}: {failure.message} {failure.wanted} {failure.came}"
    for failed, mine, theirs, sentence in NOTES:
        if re.search(failed, said) and re.search(mine, hunk.mine) and re.search(theirs, hunk.theirs):
            return sentence
    return ""


def unexplained(failure: Failure) -> Advice:
    """Returns what happened, for a failure whose cause is unknown."""
    return at(failure.place, f": {with_full_stop(effect(failure))}" if failure.type else " fails this test.")


def _plain(text: str) -> str:
    """Removes memory addresses from what pytest shows, and writes a called function as its name alone."""
    named = re.sub(r"<(?:bound method|function) (?:\w+\.)*(\w+)[^()]*>(?=\()", r"\1", text)
    return re.sub(r"<(?:\w+\.)*(\w+) object at 0x\w+>", r"<\1>", named)


def _bare(text: str) -> str:
    return re.sub(r'\br(?=")', "", re.sub(r"\s", "", text).strip(",").replace("'", '"'))


def _shortened(mine: str, theirs: str) -> tuple[str, str]:
    """Returns both texts, cut to `MOST` characters; for two long texts, returns only the words that differ."""
    old, new = mine.split(), theirs.split()
    if max(len(mine), len(theirs)) > LONG and len(old) == len(new):
        different = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        return " ".join(a for a, _ in different), " ".join(b for _, b in different)
    return _cut(mine), _cut(theirs)


def _cut(text: str, most: int = MOST) -> str:
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0] or text[:most]}…"
