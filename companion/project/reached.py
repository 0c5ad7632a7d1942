"""Finds the last stage that a project has last_begun."""

from __future__ import annotations

from collections import Counter

from companion.chain import aims
from companion.chain.stages import Stage
from companion.project.index import Known
from companion.project.statements import APP


def last_begun(known: Known, chain: tuple[Stage, ...]) -> Stage:
    """Returns the last stage that adds a class, function or setting which the project also has."""
    brought = {(file, name) for stage in chain for file, name, _ in aims.candidates(stage)}
    generic = {name for name, times in Counter(name for _, name in brought).items() if times > 1}
    here = {(file, symbol.name) for file, symbol in known.definitions}
    app = f"{APP}/"
    names = {name for file, name in here if f"/{file}".rpartition(f"/{app}")[1]} - generic
    for stage in reversed(chain):
        for file, name, changed in aims.candidates(stage):
            moved = file.startswith(app) and name in names
            if changed == 2 and name and (moved or (known.project_path(file), name) in here):
                return stage
    return chain[0]
