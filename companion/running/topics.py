"""Finds the symbol of the stage that a test is about, and where the project has it."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.chain.aims import Aim, candidates
from companion.chain.stages import Stage
from companion.project.index import Known
from companion.project.results import Place
from companion.running import suite

QUOTED = re.compile(r"`([^`]+)`")
FILES = re.compile(r"\bDockerfile\b|\brequirements\.txt\b|\.dockerignore\b")
COMMON = {"objects"}  # words of every test that uses the database
WORD: dict[type, str] = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.keyword: "arg"}  # their names
SPELLED = {"str": "__str__"}  # what a docstring quotes, and its name in the code


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one test.

    `quoted` are in its docstring, `named` in its own code, `nearby` in the helpers and fixtures that it uses, and
    `imported` are those that its file imports from the project. `title` are the words of its name. `subject` is what
    its file is named after, without underscores.
    """

    quoted: set[str]
    named: set[str]
    nearby: set[str]
    imported: set[str]
    title: set[str]
    subject: str


def aim(ident: str, chain: tuple[Stage, ...]) -> Aim | None:
    """Returns what the test with this id is about.

    A new test fails on the previous stage, so it is about something that its stage changes, unless its docstring quotes
    something else. Words quoted in the docstring count most, then names in the test's code, then those in its helpers
    and in its name. With equal scores, a nested symbol wins over the one around it.
    """
    stage = suite.introduced(ident, chain)
    words = _words(stage, ident)
    ranked = [
        (-_score(words, file, name, changed), -changed, -name.count("."), file, name)
        for file, name, changed in candidates(stage)
        if changed or file in words.quoted or name.rpartition(".")[2] in words.quoted
    ]
    return Aim(stage, *min(ranked)[3:]) if ranked else None


def _score(words: Words, file: str, name: str, changed: int) -> int:
    """Returns how likely the test is about this symbol; `changed` is 2 if the stage adds it, 1 if it changes it."""
    top, tail = name.partition(".")[0], name.rpartition(".")[2]
    stem = file.rpartition("/")[2].partition(".")[0].lower()
    score = 6 * (file in words.quoted) + 4 * (tail in words.quoted) + 2 * bool(changed)
    score += 2 * (tail in words.named) + (tail in words.nearby - words.named)
    if "." in name:
        score += 3 * (top in words.imported and tail in words.named)
        around = {word.lower() for word in words.quoted | words.named | words.nearby}
        if top.lower() not in around and tail not in words.quoted:
            score //= 2  # probably the attribute of another class
    elif tail in words.imported and changed == 2:
        score += 2
    if (name and name.lower().endswith(words.subject)) or stem in (words.subject, f"{words.subject}s"):
        score += 3
    score += min(2, len(words.title & set(tail.lower().split("_"))))
    return score + (stem.removesuffix("s") in {word.removesuffix("s") for word in words.title})


def aim_at(place: Place | None, known: Known, chain: tuple[Stage, ...]) -> Aim | None:
    """Returns the symbol at a place of the project, in the last stage of the chain that changes it."""
    if place is None:
        return None
    name = next((symbol.name for symbol in reversed(known.around(place))), "")
    called = next((file for file in known.stage_files if known.project_path(file) == place.file), "")
    return aim_of(called, name, chain)


def aim_of(file: str, name: str, chain: tuple[Stage, ...]) -> Aim | None:
    """Returns this symbol, or else its whole file, in the last stage of the chain that changes it, or None."""
    for wanted in dict.fromkeys((name, "")):
        for stage in reversed(chain):
            if any(changed and (theirs, symbol) == (file, wanted) for theirs, symbol, changed in candidates(stage)):
                return Aim(stage, file, wanted)
    return None


@cache
def _words(stage: Stage, ident: str) -> Words:
    """Returns the words of the test with this id in `stage`."""
    file, test = suite.split(ident)
    what = suite.stage_test(stage, ident)
    quoted = set(QUOTED.findall(f"{what.requirement} {what.hint}"))
    quoted |= {word for text in list(quoted) for word in re.findall(r"[A-Za-z_]\w+", text)}
    quoted |= {f"{word.replace('.', '/')}.py" for word in quoted if word.startswith("config.")} - {"config/settings.py"}
    quoted |= {SPELLED[word] for word in quoted if word in SPELLED} | set(FILES.findall(what.requirement))
    functions, imported = _read(stage.path / file)
    helpers = _read(stage.path / "tests" / "conftest.py")[0] | functions
    named = functions.get(test, set())
    nearby: set[str] = set()
    todo = list(named)
    while todo:
        word = todo.pop()
        if word in helpers and word != test and not helpers[word] <= nearby:
            nearby |= helpers[word]
            todo += helpers[word]
    subject = Path(file).stem.removeprefix("test_").replace("_", "")
    title = {word for word in test.split("_") if len(word) > 2}
    return Words(quoted, named, nearby, imported & (named | nearby), title, subject)


@cache
def _read(path: Path) -> tuple[dict[str, set[str]], set[str]]:
    """Returns the words of each function of a test file, and the names that it imports from the project."""
    tree = ast.parse(path.read_bytes() if path.is_file() else b"")
    found: dict[str, set[str]] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            parts = [part for part in ast.walk(function) if type(part) in WORD]
            words = {getattr(part, WORD[type(part)]) or "" for part in parts}
            found.setdefault(function.name, set()).update(words - COMMON)
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    theirs = [node for node in imports if (node.module or "").partition(".")[0] in ("authentication", "config")]
    return found, {alias.name for node in theirs for alias in node.names}
