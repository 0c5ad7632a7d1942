"""Reads a project and the stage that it is compared with: the one place where their files become texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from companion.chain.stages import Stage, files, previous, stages
from companion.project.index import Known
from companion.project.locate import LEFT_BY_TOOLS, Project, python_files, readable

LARGE = 50_000  # bytes: a larger file is not code
EXERCISES = "exercises"  # a folder of the learner's own: no stage has it


def read(project: Project | None) -> dict[str, str]:
    """The Python files of a project, what it has of the stages' other files, and the small files next to its manage.py.

    Their names are as seen from the folder that the learner named.
    """
    if project is None:
        return {}
    beside = (path for path in sorted(project.folder.iterdir()) if path.name not in LEFT_BY_TOOLS)
    small = [path for path in beside if path.is_file() and path.stat().st_size < LARGE]
    chapters = (path for path in python_files(project.folder) if not path.is_relative_to(project.folder / EXERCISES))
    templates = (path for name in _templates() if (path := project.folder / name).is_file())
    paths = dict.fromkeys([*chapters, *templates, *small])
    return {path.relative_to(project.outer).as_posix(): readable(path) for path in paths}


def compared(
    stage: Stage,
    project: Project | None,
    facts: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Known:
    """A project next to a stage; `texts` are its files where they have been read before."""
    found = read(project) if texts is None else texts
    return Known(found, _stage(stage), _stage(previous(stage)), project.prefix if project else "", facts)


@cache
def _templates() -> list[str]:
    """The files of the stages that are neither Python nor next to manage.py."""
    names = {name for stage in stages() for name in files(stage) if "/" in name and not name.startswith("tests/")}
    return sorted(name for name in names if not name.endswith(".py"))


@cache
def _stage(stage: Stage | None) -> dict[str, str]:
    """The files of a stage that a project has too, as text: not its tests."""
    paths = files(stage)
    return {n: readable(path) for n, path in paths.items() if not n.startswith("tests/") and n != "pytest.ini"}
