"""What only shows beside the stage: other bases, a module that nothing imports, a file that is not there yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from companion.chain.symbols import IMPORTS, symbols
from companion.explaining.advice import Advice
from companion.project.index import Known, close
from companion.project.results import Failure, Place

FRAMEWORKS = ("django", "rest_framework")  # their `checks` are not the project's
ATTRIBUTES = ("AttributeError", "TypeError", "NotImplementedError")


def other_bases(failure: Failure, known: Known) -> Advice | None:
    """A class that lacks what its bases should have brought."""
    if failure.type not in ATTRIBUTES:
        return None
    for name, file, line, bases in _classes(known.texts):
        wanted = next((b for n, f, _, b in _classes(known.stage_texts) if n == name and known.theirs(f) == file), bases)
        if [base.rpartition(".")[2] for base in bases] != [base.rpartition(".")[2] for base in wanted] and wanted:
            place = Place(file, line)
            mine = ", ".join(bases) or "nothing"
            return Advice(f"{place}: {name} inherits from {mine}, where the stage's inherits from {', '.join(wanted)}.",
                          f"Write: class {name}({', '.join(wanted)}):", place)  # fmt: skip
    return None


def never_imported(failure: Failure, known: Known) -> Advice | None:
    """A module that the stage imports somewhere and the project nowhere: what it registers is never registered.

    One that does not exist yet is named only where nothing came that should have been registered. Where the file that
    imports it in the stage is not written yet, that one is missing, and not the import.
    """
    if failure.places or failure.phase != "test" or failure.type not in ("AssertionError", "ValueError", "Failed"):
        return None
    wanted, mine = _imported(known.stage_texts), _imported(known.texts)
    for file in sorted(known.stage_texts):
        module = file.rpartition("/")[2].removesuffix(".py")
        theirs = known.theirs(file)
        importer = known.theirs(wanted[module]) if module in wanted else ""
        if importer and module not in mine and theirs not in known.texts and "unpack" in failure.message:
            return Advice(f"{theirs} does not exist yet.", f"Make {theirs}, as the chapter shows.", Place(theirs, 0))
        if importer in known.texts and module not in mine and theirs in known.texts:
            return Advice(f"{theirs} is there, and nothing imports it.",
                          f"Import it where the chapter does: {importer}", Place(theirs, 0))  # fmt: skip
    return None


def misspelt(failure: Failure, known: Known) -> Advice | None:
    """A name of the stage that the project lacks, and has one like it in its place, which the stage does not have."""
    if failure.places or failure.phase != "test":
        return None
    for file, text in known.stage_texts.items():
        wanted = set(symbols(text)) - {IMPORTS}
        former = symbols(known.text_before(file))  # what the stage takes away is not misspelt
        mine = {d.symbol.name: d for d in known.definitions if d.file == known.theirs(file)}
        for name in sorted(wanted - mine.keys()):
            others = [n for n in mine if n not in wanted and n not in former and _owner(n) == _owner(name)]
            near = close(name, others)
            if near:
                return Advice(f"{mine[near].place}, defines {mine[near].tail}, where the stage has {_tail(name)}.",
                              f"Rename it to {_tail(name)}.", mine[near].place)  # fmt: skip
    return None


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _tail(name: str) -> str:
    return name.rpartition(".")[2]


def one_value(failure: Failure, known: Known) -> Advice | None:
    """An authentication class that returns the user alone, and settings that are a text instead of a list."""
    if "cannot unpack non-iterable" in failure.message and (method := known.define("authenticate")):
        return Advice(f"{method.place}: authenticate returns one value, and two are wanted.",
                      "Return the user and the token: return (user, token)", method.place)  # fmt: skip
    text = known.line(r"""['"]DEFAULT_\w+_CLASSES['"]\s*:\s*\(?\s*['"]""", known.settings)
    if "is not iterable" in failure.message and text:
        return Advice(f"{text}, is a text, and has to be a list.", "Put the path into square brackets.", text)
    return None


def not_registered(failure: Failure, known: Known) -> Advice | None:
    """An admin that does not know the model."""
    place = failure.place
    if place is None or not place.file.endswith("admin.py") or "register" in known.texts.get(place.file, "register"):
        return None
    return Advice(f"{place}: no model is registered here, so the admin does not show it.",
                  "Write @admin.register(User) above the class.", place)  # fmt: skip


def not_there(failure: Failure, known: Known) -> Advice | None:
    """A failure that leads to a file which the project does not have yet."""
    place = failure.place
    if place is None or place.line or known.project is None or (known.project.outer / place.file).exists():
        return None
    return Advice(f"{place} does not exist yet.", f"Make {place}, as the chapter shows.", place)


def _classes(texts: dict[str, str]) -> Iterator[tuple[str, str, int, list[str]]]:
    """Name, file, line and bases of each class; a file that Python cannot read has none."""
    for file, text in texts.items():
        try:
            tree = ast.parse(text)
        except (ValueError, SyntaxError):
            continue
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                yield node.name, file, node.lineno, [ast.unparse(base) for base in node.bases]


def _imported(texts: dict[str, str]) -> dict[str, str]:
    """The modules that are imported from the project itself, each with where that is done."""
    found: dict[str, str] = {}
    for file, text in texts.items():
        try:
            tree = ast.parse(text)
        except (ValueError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found.setdefault(alias.name.rpartition(".")[2], file)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] not in FRAMEWORKS:
                for name in [(node.module or "").rpartition(".")[2], *(alias.name for alias in node.names)]:
                    found.setdefault(name, file)
    return found


RULES = [one_value, not_there, not_registered]
