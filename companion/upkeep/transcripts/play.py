"""Runs the transcripts of a page, each in the folder that its directive names."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from companion.chain.stages import Stage, copy, find, previous, stages
from companion.upkeep.transcripts.compare_output import abridge, difference, matches
from companion.upkeep.transcripts.folder import Folder, terminal
from companion.upkeep.transcripts.transcript import Entry, Transcript, transcripts, with_outputs
from companion.upkeep.transcripts.walk import Walk

NOT_HERE = "not here"
CRASH = "Traceback (most recent call last):"
SHELL = "python manage.py shell"  # opens the console in which the pycon transcripts run


@dataclass(frozen=True)
class Drift:
    """A command whose output differs from the one on the page."""

    page: str
    command: str
    change: str

    def __str__(self) -> str:
        return f"{self.page}: $ {self.command}\n{self.change}\n"


def play(page: Path, stage: Stage, update: bool = False, walk: Walk | None = None) -> tuple[int, list[Drift]]:
    """Runs every command of a page about `stage`. Returns how many were run, and which outputs differ.

    With a `walk`, the page is the chapter of the stage, and its commands run on what the learner has at that point.
    Otherwise they run in a copy of the stage. With `update`, their outputs are written into the page.
    """
    text = page.read_text(encoding="utf-8")
    found = [each for each in transcripts(text) if not each.directive.startswith(NOT_HERE)]
    drifts: list[Drift] = []
    played = 0
    with tempfile.TemporaryDirectory() as parent, Rooms(stage, Path(parent), walk) as rooms:
        for transcript in found:
            with rooms.of(transcript) as (folder, answers):
                for entry in transcript.entries:
                    drifts += _play(page.name, transcript, entry, folder, answers)
                    played += 1
        rooms.leave()
    if update and drifts:
        page.write_text(with_outputs(text, found), encoding="utf-8")
    return played, drifts


def _play(page: str, transcript: Transcript, entry: Entry, folder: Folder, answers: list[str]) -> list[Drift]:
    command = "\n".join(entry.source)
    if command == SHELL:
        return []
    printed = folder.run(command, answers) if transcript.kind == "console" else folder.type(entry.source)
    silent = transcript.kind == "console" and not entry.output  # readers need not see its output
    if (silent and not any(line.startswith(CRASH) for line in printed)) or matches(entry.output, printed):
        return []
    change = difference(entry.output, printed)
    entry.output = abridge(entry.output, printed)
    return [Drift(page, command, change)]


class Rooms(ExitStack):
    """The folders in which a page's transcripts run, created when they are needed."""

    def __init__(self, stage: Stage, parent: Path, walk: Walk | None) -> None:
        super().__init__()
        self.stage, self.parent, self.walk = stage, parent, walk
        self.folders: dict[str, Folder] = {}

    @contextmanager
    def of(self, transcript: Transcript) -> Iterator[tuple[Folder, list[str]]]:
        """Yields the folder of a transcript, changed as its directive says, and the answers to type."""
        verb, _, rest = transcript.directive.partition(" ")
        answers: list[str] = []
        with ExitStack() as changed:
            folder = self.folder(rest if verb == "in" else self.stage.name)
            if self.walk and verb != "in" and self.walk.type(self.stage, transcript.typed, folder.path):
                folder.restart()
            if verb == "edit":
                path, _, edit = rest.partition(": ")
                old, _, new = edit.partition(" =>")
                changed.enter_context(folder.edited(path, old, new.removeprefix(" ")))
            elif verb == "without":
                for what in rest.split(", "):
                    changed.enter_context(folder.without(what))
            elif verb == "database":
                changed.enter_context(self._database(folder, find(rest.removeprefix("of "))))
            elif verb == "typing":
                answers = rest.split(" | ")
            elif verb not in ("", "in"):
                raise ValueError(f"{transcript.directive!r} is no directive that a transcript can have")
            yield folder, answers

    def leave(self) -> None:
        """Stores the database that the chapter leaves, if a learner walks through the chapters."""
        if self.walk:
            self.walk.keep(self.stage, self.folder(self.stage.name).path)

    def folder(self, name: str) -> Folder:
        """Returns the folder in which the page's stage is typed, or a copy of another stage."""
        if name not in self.folders:
            stage, path = find(name), self.parent / name
            if self.walk and name == self.stage.name:
                self.walk.begin(stage, path)
            else:
                copy(stage, path)
                self._migrate(path, previous(stage) if name == self.stage.name else stage)
            self.folders[name] = self.enter_context(Folder(path))
        return self.folders[name]

    def _migrate(self, folder: Path, stage: Stage | None) -> None:
        """Gives the folder the database that a learner has at this point: migrated up to `stage`, from 02 on."""
        if stage and stage.number > 1:
            self._make_database(folder, stage)

    def _make_database(self, folder: Path, stage: Stage) -> None:
        with tempfile.TemporaryDirectory(dir=self.parent) as place:
            copy(stage, Path(place))
            command = [sys.executable, "manage.py", "migrate", "-v", "0"]
            subprocess.run(command, cwd=place, env=terminal(), check=True)
            (folder / "db.sqlite3").write_bytes((Path(place) / "db.sqlite3").read_bytes())

    @contextmanager
    def _database(self, folder: Folder, stage: Stage) -> Iterator[None]:
        database = folder.path / "db.sqlite3"
        before = database.read_bytes() if database.exists() else None
        self._make_database(folder.path, stage)
        yield
        database.unlink() if before is None else database.write_bytes(before)


def pages(root: Path) -> Iterator[tuple[Path, Stage]]:
    """Yields every page that shows commands, with its stage: the last stage for the start page.

    The page on checking shows a learner who writes 03.
    """
    chapters = root / "docs" / "chapters"
    yield root / "docs" / "index.md", stages(root)[-1]
    if (checking := root / "docs" / "checking.md").exists():
        yield checking, find("03-user-manager", root)
    yield from ((chapters / f"{stage.name}.md", stage) for stage in stages(root))
