"""Reads a stage's suite without running it: the ids of its tests, and what each test requires."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import inspect
import json
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from companion.chain.stages import ROOT, Stage, stages
from companion.project.locate import Project

CACHE = ROOT / ".check"  # cached ids of tests; can be deleted at any time


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


def child_job(stage: Stage, project: Project, folder: Path, limit: float = 0, **chosen: Any) -> dict[str, Any]:
    """Returns the job for `child/check`, as data that JSON can represent.

    The tests are copied into the empty `folder`. `limit` is in seconds for each test, 0 for none. In `chosen`, `only`
    are the tests to run, `first` those to begin with, `done` those that have run, and `collect` only collects.
    """
    folders = {"stage": stage.path, "project": project.folder, "outer": project.outer, "folder": folder}
    paths = {name: str(path) for name, path in folders.items()}
    return {**paths, "limit": limit, "done": (), "only": (), "first": (), "collect": False, **chosen, **required(stage)}


def required(stage: Stage) -> dict[str, Any]:
    """Returns which `apps` must be installed, and which `user` model set, before the stage's tests can run."""
    settings: dict[str, Any] = {}
    for node in ast.parse((stage.path / "config" / "settings.py").read_bytes()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with contextlib.suppress(ValueError):  # not a literal
                settings[node.targets[0].id] = ast.literal_eval(node.value)
    return {"apps": settings.get("INSTALLED_APPS", []), "user": settings.get("AUTH_USER_MODEL", "")}


def until(stage: Stage) -> tuple[Stage, ...]:
    """Returns the stages up to and including `stage`."""
    root = next(folder for folder in stage.path.parents if (folder / "steps").is_dir())
    return tuple(link for link in stages(root) if link.number <= stage.number)


@cache
def _functions(path: Path) -> dict[str, StageTest]:
    """Returns the test functions of a file by name, or {} if there is no file."""
    if not path.is_file():
        return {}
    found, text = {}, path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            first, _, rest = inspect.cleandoc(ast.get_docstring(node) or node.name).partition("\n\n")
            begin = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            code = lines[begin - 1 : node.end_lineno]
            found[node.name] = StageTest(" ".join(first.split()), _paragraphs(rest), "\n".join(code))
    return found


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).strip()


def fingerprint(stage: Stage) -> str:
    """Returns a hash of everything that the ids of a stage's tests depend on: 16 hexadecimal digits."""
    digest = hashlib.sha256(f"{sys.version_info} {version('pytest')} {version('pytest-django')}".encode())
    for path in [stage.path / "pytest.ini", *sorted((stage.path / "tests").rglob("*.py"))]:
        digest.update(path.relative_to(stage.path).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cached_ids(stage: Stage, folder: Path = CACHE) -> list[str] | None:
    """Returns the cached ids of the stage's tests, or None if its test files have changed since."""
    try:
        ids: list[str] = json.loads((folder / f"{stage.name}-{fingerprint(stage)}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return ids


def cache_ids(stage: Stage, ids: list[str], folder: Path = CACHE) -> None:
    """Caches the ids; does nothing if the folder can't be written."""
    try:
        folder.mkdir(exist_ok=True)
        for old in folder.glob(f"{stage.name}-*.json"):
            old.unlink(missing_ok=True)
        new = folder / f"{stage.name}.{fingerprint(stage)}.new"
        new.write_text(json.dumps(ids), encoding="utf-8")
        new.replace(folder / f"{stage.name}-{fingerprint(stage)}.json")
    except OSError:
        return
