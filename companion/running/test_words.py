"""Collects the words that a test uses: in its docstring, its code, and the helpers and fixtures that it calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.chain.stages import Stage
from companion.running import suite

QUOTED = re.compile(r"`([^`]+)`")
FILES = re.compile(r"\bDockerfile\b|\brequirements\.txt\b|\.dockerignore\b")
COMMON = {"objects"}  # words of every test that uses the database
SPELLED = {"str": "__str__"}  # what a docstring quotes, and its name in the code


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one test.

    `quoted` are in its docstring, `named` in its own code, `nearby` in the helpers and fixtures that it uses, and
    `imported` are those that its file imports from the project. `title` are the words of its name. `subject` is what
    its file is named after, without underscores.
    """

    quoted: frozenset[str]
    named: frozenset[str]
    nearby: frozenset[str]
    imported: frozenset[str]
    title: frozenset[str]
    subject: str

    @property
    def all_lower(self) -> set[str]:
        """Returns all words in lower case, except those of the test's name."""
        return {word.lower() for word in self.quoted | self.named | self.nearby}


@cache
def test_words(stage: Stage, ident: str) -> Words:
    """Returns the words of the test with this id in `stage`."""
    file, test = suite.split(ident)
    what = suite.stage_test(stage, ident)
    quoted = set(QUOTED.findall(f"{what.requirement} {what.hint}"))
    quoted |= {word for text in list(quoted) for word in re.findall(r"[A-Za-z_]\w+", text)}
    quoted |= {f"{word.replace('.', '/')}.py" for word in quoted if word.startswith("config.")} - {"config/settings.py"}
    quoted |= {SPELLED[word] for word in quoted if word in SPELLED} | set(FILES.findall(what.requirement))
    functions, imported = _read(stage.path / file)
    helpers = _read(stage.path / "tests" / "conftest.py")[0] | functions
    named = functions.get(test, frozenset())
    nearby: set[str] = set()
    todo = list(named)
    while todo:
        word = todo.pop()
        if word in helpers and word != test and not helpers[word] <= nearby:
            nearby |= helpers[word]
            todo += helpers[word]
    subject = Path(file).stem.removeprefix("test_").replace("_", "")
    title = frozenset(word for word in test.split("_") if len(word) > 2)
    used = frozenset(imported & (named | nearby))
    return Words(frozenset(quoted), named, frozenset(nearby), used, title, subject)


@cache
def _read(path: Path) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Returns the words of each function of a test file, and the names that it imports from the project."""
    if not path.is_file():
        return {}, frozenset()
    tree = ast.parse(path.read_bytes())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    theirs = [node for node in imports if (node.module or "").partition(".")[0] in ("authentication", "config")]
    found: dict[str, frozenset[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            found[node.name] = found.get(node.name, frozenset()) | (set(_identifiers(node)) - COMMON)
    return found, frozenset(alias.name for node in theirs for alias in node.names)


def _identifiers(node: ast.FunctionDef) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, (ast.arg, ast.keyword)):
            yield part.arg or ""
