"""Reads the files of a project and of the stage that it is compared with, and finds the stage that it has reached."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

from companion.chain import aims
from companion.chain.stages import Stage, files, previous, stages
from companion.project.edits import Texts
from companion.project.index import Known
from companion.project.locate import LEFT_BY_TOOLS, Project, python_files, readable
from companion.project.statements import APP

LARGE = 50_000  # bytes: a larger file is not code
Facts = Mapping[str, Any]  # what a project's process reported about it
EXERCISES = "exercises"  # the learner's own folder, which no stage has


def read(project: Project | None) -> dict[str, str]:
    """Returns the text of each Python file, of the stages' other files, and of small files next to manage.py.

    The keys are paths relative to the folder that the learner named.
    """
    if project is None:
        return {}
    beside = (path for path in sorted(project.folder.iterdir()) if path.name not in LEFT_BY_TOOLS)
    small = [path for path in beside if path.is_file() and path.stat().st_size < LARGE]
    chapters = (path for path in python_files(project.folder) if not path.is_relative_to(project.folder / EXERCISES))
    templates = (path for name in _templates() if (path := project.folder / name).is_file())
    paths = dict.fromkeys([*chapters, *templates, *small])
    return {path.relative_to(project.outer).as_posix(): readable(path) for path in paths}


def compared(stage: Stage, project: Project | None, facts: Facts | None = None, texts: Texts | None = None) -> Known:
    """Returns the comparison of a project with a stage; pass `texts` if the project's files are already read."""
    found = read(project) if texts is None else texts
    return Known(found, _stage(stage), _stage(previous(stage)), project.prefix if project else "", facts or {})


def last_begun(known: Known, chain: tuple[Stage, ...]) -> Stage:
    """Returns the last stage that adds a class, function or setting which the project also has."""
    brought = {(file, name) for stage in chain for file, name, _ in aims.candidates(stage)}
    generic = {name for name, times in Counter(name for _, name in brought).items() if times > 1}
    here = {(file, symbol.name) for file, symbol in known.definitions}
    names = {name for file, name in here if APP in file.split("/")[:-1]} - generic
    for stage in reversed(chain):
        for file, name, changed in aims.candidates(stage):
            moved = file.startswith(f"{APP}/") and name in names
            if changed == 2 and name and (moved or (known.project_path(file), name) in here):
                return stage
    return chain[0]


@cache
def _templates() -> list[str]:
    """Returns the paths of the stages' files that are neither Python nor next to manage.py."""
    names = {name for stage in stages() for name in files(stage) if "/" in name and not name.startswith("tests/")}
    return sorted(name for name in names if not name.endswith(".py"))


@cache
def _stage(stage: Stage | None) -> dict[str, str]:
    """Returns the text of each file of a stage, except its tests, which a project does not have."""
    paths = files(stage)
    return {n: readable(path) for n, path in paths.items() if not n.startswith("tests/") and n != "pytest.ini"}
