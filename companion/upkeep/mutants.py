"""Changes one declaration of a stage at a time, and checks that its tests fail.

A declaration is in the settings or in the body of a class, which tools that mutate functions skip. If no test fails
with such a mutant, the suite does not test what the stage teaches.
"""

import ast
import functools
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.chain.stages import Stage, copy, files
from companion.running.environment import environment

OURS = re.compile(r"(authentication|config)/\w+\.py")
CHECKS = (
    ("manage.py", "check", "--fail-level=WARNING"),
    ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=no"),
    ("manage.py", "makemigrations", "--check", "--dry-run"),
)

# Equivalent mutants, and the reason. Tests need not notice what Django or a package does anyway.
SAME = {
    "authentication/tokens.py: REQUIRED_CLAIMS without 'iss'": "PyJWT asks for it by itself when `issuer` is given",
    "authentication/tokens.py: REQUIRED_CLAIMS without 'aud'": "PyJWT asks for it by itself when `audience` is given",
    "authentication/tokens.py: CLAIMS without 'iss'": "PyJWT asks for it by itself when `issuer` is given",
    "authentication/tokens.py: CLAIMS without 'aud'": "PyJWT asks for it by itself when `audience` is given",
    "authentication/views.py: PublicAPIView.permission_classes without AllowAny": "an empty list allows the same",
    "config/settings.py: ALLOWED_HOSTS removed": "Django's default is an empty list too",
    "config/settings.py: TEMPLATES without 'DIRS'": "Django's default is an empty list too",
    "config/settings.py: USE_I18N removed": "Django's default is the same",
    "config/settings.py: USE_TZ removed": "Django's default is the same",
    "config/settings.py: LANGUAGE_CODE removed": "Django's default is the same",
    "config/settings.py: TIME_ZONE removed": "a matter of taste: times are stored and signed in UTC",
    "config/settings.py: USE_I18N with False for True": "a matter of taste: nothing is translated",
}
UNUSED = {"config/asgi.py"}  # startproject writes it, and no stage uses it


@dataclass(frozen=True)
class Mutant:
    """A file with one declaration changed: `what` describes the change, `text` is the whole file."""

    path: str
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def mutants(stage: Stage, before: Stage | None) -> list[Mutant]:
    """Returns the mutants of the declarations that a stage has and `before` does not have."""
    old = files(before)
    found = []
    for path, file in files(stage).items():
        if OURS.fullmatch(path) and path not in UNUSED:
            text = old[path].read_text(encoding="utf-8") if path in old else ""
            found += [Mutant(path, what, changed) for what, changed in mutated(file.read_text(encoding="utf-8"), text)]
    return found


def mutated(text: str, old: str = "") -> Iterator[tuple[str, str]]:
    """Yields (description, changed text) for each way to change a declaration that `old` does not have.

    Removed are: an assignment or a call at the top level of a module or class; an element of a list, tuple, set or
    dictionary; a keyword of a call; a decorator; one of several base classes; the whole body of a function. True and
    False are flipped; an integer is increased by 1. Single lines of functions are left to other tools.
    """
    tree = ast.parse(text)
    known = {(owner, _head(body[place])) for body, place, owner in _places(ast.parse(old).body, "")}
    times: Counter[str] = Counter()
    for body, place, owner in list(_places(tree.body, "")):
        if (owner, _head(body[place])) not in known:
            for what in _changes(body, place, owner):
                times[what] += 1
                again = f" ({times[what]})" if times[what] > 1 else ""
                yield what + again, ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _places(body: list[ast.stmt], owner: str) -> Iterator[tuple[list[ast.stmt], int, str]]:
    """Yields every statement of the module and its classes: the list that has it, its index there, and its owner."""
    for place, statement in enumerate(body):
        yield body, place, owner
        if isinstance(statement, ast.ClassDef):
            yield from _places(statement.body, f"{owner}{statement.name}.")


def _head(statement: ast.stmt) -> str:
    """Returns the statement as text, without the body of a class or function."""
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef)):
        bases = [ast.unparse(base) for base in getattr(statement, "bases", [])]
        return f"{statement.name} {bases} {[ast.unparse(decorator) for decorator in statement.decorator_list]}"
    return ast.unparse(statement)


def _changes(body: list[ast.stmt], place: int, owner: str) -> Iterator[str]:
    """Changes the statement at `place` in one way after another; each change is undone before the next."""
    statement = body[place]
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef)):
        name = f"{owner}{statement.name}"
        if isinstance(statement, ast.ClassDef) and len(statement.bases) > 1:
            yield from _without_each(name, statement.bases)
        yield from _without_each(name, statement.decorator_list)
        if isinstance(statement, ast.FunctionDef):
            kept, statement.body = statement.body, [ast.Return()]
            yield f"{name} emptied"
            statement.body = kept
        return
    if isinstance(statement, ast.Assign):
        removed = name = owner + ast.unparse(statement.targets[0])
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        removed, name = owner + ast.unparse(statement), owner + ast.unparse(statement.value.func)
    else:
        return
    body[place] = ast.Pass()
    yield f"{removed} removed"
    body[place] = statement
    yield from _expression(statement, name)


def _expression(statement: ast.AST, name: str) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            yield from _without_each(name, node.elts)
        elif isinstance(node, ast.Call):
            yield from _without_each(name, node.keywords)
        elif isinstance(node, ast.Dict):
            yield from _without_each(name, node.keys, node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            number = node.value
            node.value = not number if isinstance(number, bool) else number + 1
            yield f"{name} with {node.value} for {number}"
            node.value = number


def _without_each(name: str, *lists: list[Any]) -> Iterator[str]:
    """Removes one element after another, from all lists at the same place: a key and its value."""
    for place in range(len(lists[0])):
        pieces = [pieces.pop(place) for pieces in lists]
        yield f"{name} without {ast.unparse(pieces[0] or pieces[-1])}"  # `**settings` has no key
        for pieces_of, piece in zip(lists, pieces, strict=True):
            pieces_of.insert(place, piece)


def noticed(stage: Stage, mutant: Mutant) -> bool:
    """Returns whether the stage's tests, or Django's own checks, fail with the mutant's file."""
    with tempfile.TemporaryDirectory() as name:
        folder = copy(stage, Path(name))
        (folder / mutant.path).write_text(mutant.text, encoding="utf-8")
        runs = (
            subprocess.run([sys.executable, *check], cwd=folder, env=environment(), capture_output=True)
            for check in CHECKS
        )
        return any(done.returncode for done in runs)


@dataclass(frozen=True)
class Tried:
    """The result for a stage: how many mutants, those that no test noticed, and those in SAME that a test noticed."""

    stage: Stage
    count: int
    survived: list[Mutant]
    stale: list[Mutant]


def trials(chain: Sequence[Stage], only: Collection[Stage] = ()) -> Iterator[Tried]:
    """Tries the mutants of each stage in turn, or only of the stages in `only`.

    A declaration can be unused for some stages: a mutant that its own stage does not notice must be noticed by a later
    stage that still has the declaration.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:

        def unnoticed(stage: Stage, tried: list[Mutant]) -> list[Mutant]:
            seen = pool.map(functools.partial(noticed, stage), tried)
            return [mutant for mutant, caught in zip(tried, seen, strict=True) if not caught]

        for place, stage in enumerate(chain):
            if only and stage not in only:
                continue
            found = mutants(stage, chain[place - 1] if place else None)
            same = [mutant for mutant in found if str(mutant) in SAME]
            found = [mutant for mutant in found if str(mutant) not in SAME]
            left = unnoticed(stage, found)
            for later in chain[place + 1 :] if left else ():
                there = {str(mutant): mutant for mutant in mutants(later, None)}
                gone = [mutant for mutant in left if str(mutant) not in there]
                left = gone + unnoticed(later, [there[str(mutant)] for mutant in left if str(mutant) in there])
            still = unnoticed(stage, same)
            yield Tried(stage, len(found), left, [mutant for mutant in same if mutant not in still])
