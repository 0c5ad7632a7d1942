"""Reads a stage's suite without running it, and copies it for one project.

The tests import `config` and look for the Dockerfile next to their own folder. In a learner's project, that package
may have another name, and the tests are outside of the project, where the learner can't change them.
"""

import ast
import hashlib
import inspect
import json
import re
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from companion.chain.stages import ROOT, Stage, stages
from companion.project.index import with_package

CACHE = ROOT / ".check"  # cached ids of tests; can be deleted at any time
SETTINGS = re.compile(r"(?<![\w.])config\.settings(?![\w.])")
PLACE = "\0settings\0"  # placeholder for the settings while other names are replaced
FORGET = re.compile(r"sys\.modules\.pop\((\w+), None\)")
FILE = re.compile(r"(?<![\w.])__file__(?!\w)")
BESIDE = ("Dockerfile", ".dockerignore", "requirements.txt", "manage.py")


@dataclass(frozen=True, slots=True)
class StageTest:
    """A test: the first paragraph of its docstring, the other paragraphs, and its source code."""

    requirement: str
    hint: str
    code: str = ""


def split(ident: str) -> tuple[str, str]:
    """Returns the file and the function in a test's id, such as `tests/test_x.py::test_y[parameter]`."""
    file, _, rest = ident.partition("::")
    return file, rest.partition("[")[0]


def stage_test(stage: Stage, ident: str) -> StageTest:
    """Returns what the test with this id requires."""
    file, name = split(ident)
    return _functions(stage.path / file).get(name, StageTest(name.replace("_", " "), ""))


def introduced(ident: str, chain: tuple[Stage, ...]) -> Stage:
    """Returns the first stage that has the test: what passes in one stage passes in every later one."""
    file, name = split(ident)
    return next((stage for stage in chain if name in _functions(stage.path / file)), chain[-1])


def last_rewritten(ident: str, chain: tuple[Stage, ...]) -> Stage:
    """Returns the stage that last rewrote the test, because a rewritten test requires something new."""
    texts = [stage_test(stage, ident).code for stage in chain]
    return next(stage for n, stage in enumerate(chain) if set(texts[n:]) == {texts[-1]})


def until(stage: Stage) -> tuple[Stage, ...]:
    """Returns the stages up to and including `stage`."""
    root = next(folder for folder in stage.path.parents if (folder / "steps").is_dir())
    return stages(root)[: stage.number]


@cache
def _functions(path: Path) -> dict[str, StageTest]:
    """Returns the test functions of a file by name, or {} if there is no file."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found, lines = {}, text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            paragraphs = inspect.cleandoc(ast.get_docstring(node) or node.name).split("\n\n")
            first, *others = (" ".join(paragraph.split()) for paragraph in paragraphs)
            begin = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            code = "\n".join(lines[begin - 1 : node.end_lineno])
            found[node.name] = StageTest(first, "\n\n".join(others), code)
    return found


def cached_ids(stage: Stage, folder: Path = CACHE) -> list[str] | None:
    """Returns the cached ids of the stage's tests, or None if its test files have changed since."""
    with suppress(OSError, ValueError):
        tests, ids = json.loads((folder / f"{stage.name}.json").read_text(encoding="utf-8"))
        if tests == _fingerprint(stage):
            return list(ids)
    return None


def cache_ids(stage: Stage, ids: list[str], folder: Path = CACHE) -> None:
    """Caches the ids; does nothing if the folder can't be written."""
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        (folder / f"{stage.name}.json").write_text(json.dumps([_fingerprint(stage), ids]), encoding="utf-8")


def _fingerprint(stage: Stage) -> str:
    """Returns a hash of everything that the ids of a stage's tests depend on."""
    digest = hashlib.sha256(f"{sys.version_info} {version('pytest')} {version('pytest-django')}".encode())
    for path in [stage.path / "pytest.ini", *sorted((stage.path / "tests").rglob("*.py"))]:
        digest.update(path.relative_to(stage.path).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def copy_tests(stage: Path, target: Path, package: str, settings: str, project: Path, outer: Path) -> None:
    """Writes the stage's `pytest.ini` and `tests/` into `target`.

    `settings` is the module that manage.py names. `package` is the project's name for `config`, or "" if its settings
    are next to manage.py. `project` is the folder of manage.py, `outer` the highest folder that can have a Dockerfile.
    """
    shutil.copyfile(stage / "pytest.ini", target / "pytest.ini")
    shutil.copytree(stage / "tests", target / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (target / "tests").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        home = _home(text, project, outer) / path.relative_to(target)
        path.write_text(adapt(text, package, home, settings), encoding="utf-8", newline="")


def adapt(text: str, package: str, file: Path, settings: str) -> str:
    """Returns the text of a test with its `__file__` replaced by `file`, and `config` by `package`.

    If the settings are split into modules, the test uses the module `settings`, and a test that reloads the settings
    removes all of these modules from `sys.modules`.
    """
    text = FILE.sub(lambda _: repr(str(file)), text)
    parts = settings.rpartition(".")[0]
    if parts in ("", package):
        return with_package(text, package)
    names = f'm == \\1 or m.startswith("{parts}.")'
    text = FORGET.sub(f"[sys.modules.pop(m, None) for m in list(sys.modules) if {names}]", text)
    return with_package(SETTINGS.sub(PLACE, text), package).replace(PLACE, settings)


def _home(text: str, project: Path, outer: Path) -> Path:
    """Returns the folder, from that of manage.py up to `outer`, that has most of the files which this test reads."""
    named = [name for name in BESIDE if f'"{name}"' in text]
    folders = [project, *(folder for folder in project.parents if folder == outer or outer in folder.parents)]
    missing = {folder: sum(not (folder / name).exists() for name in named) for folder in folders}
    return min(folders, key=missing.__getitem__)
