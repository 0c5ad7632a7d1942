"""Changes one declaration of a stage at a time, and runs its tests.

A declaration is in the settings or in the body of a class, which tools that mutate functions skip. If no test fails
with such a mutant, the suite does not test what the stage teaches.
"""

import ast
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.chain.stages import Stage, copy, files
from companion.running.environment import environment

OURS = re.compile(r"(authentication|config)/\w+\.py")
UNUSED = {"config/asgi.py"}  # startproject writes it, and no stage uses it
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


@dataclass(frozen=True)
class Mutant:
    """A stage with one declaration changed: `what` describes the change, `text` is the whole file."""

    stage: Stage
    path: str
    what: str
    text: str

    def __str__(self):
        return f"{self.path}: {self.what}"

    def fails(self):
        """Returns whether the stage's tests, or Django's own checks, fail with the changed file."""
        with tempfile.TemporaryDirectory() as name:
            folder = copy(self.stage, Path(name))
            (folder / self.path).write_text(self.text, encoding="utf-8")
            options = {"cwd": folder, "env": environment(), "capture_output": True}
            return any(subprocess.run([sys.executable, *check], **options).returncode for check in CHECKS)

    def is_noticed(self, chain):
        """Returns whether a test of its stage fails, or of a later stage of the chain that still has the declaration.

        A declaration can be unused for some stages.
        """
        later = (mutants(stage).get(str(self)) for stage in chain[self.stage.number :])
        return self.fails() or any(mutant.fails() for mutant in later if mutant)


@cache
def mutants(stage, before=None):
    """Returns the mutants of the declarations that a stage has and `before` does not have, by what they change."""
    old = files(before)
    found = {}
    for path, file in files(stage).items():
        if OURS.fullmatch(path) and path not in UNUSED:
            text = old[path].read_text(encoding="utf-8") if path in old else ""
            for what, changed in mutated(file.read_text(encoding="utf-8"), text):
                mutant = Mutant(stage, path, what, changed)
                found[str(mutant)] = mutant
    return found


def mutated(text, old=""):
    """Yields (description, changed text) for each way to change a declaration that `old` does not have.

    Removed are: an assignment or a call at the top level of a module or class; an element of a list, tuple, set or
    dictionary; a keyword of a call; a decorator; one of several base classes; the whole body of a function. True and
    False are flipped; an integer is increased by 1. Single lines of functions are left to other tools.
    """
    tree = ast.parse(text)
    known = {(owner, _head(body[place])) for body, place, owner in _places(ast.parse(old).body, "")}
    times = Counter()
    for body, place, owner in list(_places(tree.body, "")):
        if (owner, _head(body[place])) not in known:
            for what in _changes(body, place, owner):
                times[what] += 1
                again = f" ({times[what]})" if times[what] > 1 else ""
                yield what + again, ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _places(body, owner):
    """Yields every statement of the module and its classes: the list that has it, its index there, and its owner."""
    for place, statement in enumerate(body):
        yield body, place, owner
        if isinstance(statement, ast.ClassDef):
            yield from _places(statement.body, f"{owner}{statement.name}.")


def _head(statement):
    """Returns the statement as text, without the body of a class or function."""
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef)):
        bases = [ast.unparse(base) for base in getattr(statement, "bases", [])]
        return f"{statement.name} {bases} {[ast.unparse(decorator) for decorator in statement.decorator_list]}"
    return ast.unparse(statement)


def _changes(body, place, owner):
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


def _expression(statement, name):
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


def _without_each(name, *lists):
    """Removes one element after another, from all lists at the same place: a key and its value."""
    for place in range(len(lists[0])):
        pieces = [pieces.pop(place) for pieces in lists]
        yield f"{name} without {ast.unparse(pieces[0] or pieces[-1])}"  # `**settings` has no key
        for pieces_of, piece in zip(lists, pieces, strict=True):
            pieces_of.insert(place, piece)
