"""Finds where a project differs from a stage: one hunk for each statement that is missing, extra or changed."""

from __future__ import annotations

from companion.chain.symbols import lines_of
from companion.project.edits import Edit, Hunk
from companion.project.file_pairs import FilePair
from companion.project.index import Known, renamed
from companion.project.results import Place


def hunks(known: Known) -> list[Hunk]:
    """All differences between the project and the stage, file by file; migrations and tests are left out."""
    if "_hunks" not in known.__dict__:
        known.__dict__["_hunks"] = _hunks(known)
    return list(known.__dict__["_hunks"])


def _hunks(known: Known) -> list[Hunk]:
    found: list[Hunk] = []
    for name, file in known.pairs.items():
        mine, theirs = known.files.get(file), renamed(known.stage_files[name], known.package)
        if mine is None:
            lines = tuple(lines_of(theirs))
            found.append(Hunk(Place(file, 0), name, "", "no file", "", "", "", (Edit(1, 0, lines),)))
        else:
            if file != known.theirs(name):
                edit = Edit(1, 0, tuple(lines_of(mine)))
                found.append(Hunk(Place(file, 0), name, "", "renamed", file, known.theirs(name), "", (edit,)))
            found += FilePair(file, name, mine, theirs, renamed(known.earlier.get(name, ""), known.package)).hunks()
    return found
