"""Runs the transcripts of a page, each in the folder that its directive names."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from pathlib import Path

from companion.chain.chapters import source
from companion.chain.stages import Stage, copy, find, previous, stages
from companion.chain.symbols import symbols
from companion.upkeep.transcripts.folder import Folder, terminal
from companion.upkeep.transcripts.transcript import (
    Entry,
    Transcript,
    abridge,
    difference,
    matches,
    transcripts,
    with_outputs,
)
from companion.upkeep.transcripts.walk import DATABASE, Walk

Drift = tuple[str, str]  # a command, and how its output differs from the one on the page
NOT_HERE = "not here"
CRASH = "Traceback (most recent call last):"
SHELL = "python manage.py shell"  # opens the console in which the pycon transcripts run


def play(page: Path, stage: Stage, update: bool = False, walk: Walk | None = None) -> tuple[int, list[Drift]]:
    """Runs every command of a page about `stage`. Returns how many were run, and those whose output differs.

    With a `walk`, the page is the chapter of the stage, and its commands run on what the learner has at that point.
    Otherwise they run in a copy of the stage. With `update`, their outputs are written into the page.
    """
    text = page.read_text(encoding="utf-8")
    found = [each for each in transcripts(text) if not each.fence.run.startswith(NOT_HERE)]
    drifts: list[Drift] = []
    played = 0
    with tempfile.TemporaryDirectory() as parent, Rooms(stage, Path(parent), walk) as rooms:
        for transcript in found:
            with rooms.of(transcript) as (folder, answers):
                for entry in transcript.entries:
                    drifts += _play(transcript, entry, folder, answers)
                    played += 1
        if walk:
            walk.keep(stage, rooms.folder(stage.name).path)
    if update and drifts:
        page.write_text(with_outputs(text, found), encoding="utf-8")
    return played, drifts


def _play(transcript: Transcript, entry: Entry, folder: Folder, answers: list[str]) -> list[Drift]:
    command = "\n".join(entry.source)
    if command == SHELL:
        return []
    printed = folder.run(command, answers) if transcript.fence.kind == "console" else folder.type(entry.source)
    silent = transcript.fence.kind == "console" and not entry.output  # readers need not see its output
    if (silent and not any(line.startswith(CRASH) for line in printed)) or matches(entry.output, printed):
        return []
    change = difference(entry.output, printed)
    entry.output = abridge(entry.output, printed)
    return [(command, change)]


class Rooms(ExitStack):
    """The folders in which a page's transcripts run, created when they are needed."""

    def __init__(self, stage: Stage, parent: Path, walk: Walk | None) -> None:
        super().__init__()
        self.stage, self.parent, self.walk = stage, parent, walk
        self.folders: dict[str, Folder] = {}

    @contextmanager
    def of(self, transcript: Transcript) -> Iterator[tuple[Folder, list[str]]]:
        """Yields the folder of a transcript, changed as its directive says, and the answers to type."""
        verb, _, rest = transcript.fence.run.partition(" ")
        folder = self.folder(rest if verb == "in" else self.stage.name)
        if self.walk and verb != "in" and self.walk.type(self.stage, transcript.typed, folder.path):
            folder.restart()
        answers: list[str] = []
        change: AbstractContextManager[None] = nullcontext()
        if verb == "edit":
            path, _, edit = rest.partition(": ")
            old, _, new = edit.partition(" =>")
            change = folder.edited(path, _replaced(folder.path / path, old, new.removeprefix(" ")))
        elif verb == "without":
            path, _, name = rest.partition("#")
            change = folder.edited(path, _without(folder.path / path, name))
        elif verb == "database":
            change = folder.edited(DATABASE, self._database(find(rest.removeprefix("of "))))
        elif verb == "typing":
            answers = rest.split(" | ")
        elif verb not in ("", "in"):
            raise ValueError(f"{transcript.fence.run!r} is no directive that a transcript can have")
        with change:
            yield folder, answers

    def folder(self, name: str) -> Folder:
        """Returns the folder in which the page's stage is typed, or a copy of another stage.

        A copy has the database that a learner has at this point; there is none before 02.
        """
        if name not in self.folders:
            stage, path = find(name), self.parent / name
            if self.walk and name == self.stage.name:
                self.walk.begin(stage, path)
            else:
                copy(stage, path)
                migrated = previous(stage) if name == self.stage.name else stage
                if migrated and migrated.number > 1:
                    (path / DATABASE).write_bytes(self._database(migrated))
            self.folders[name] = self.enter_context(closing(Folder(path)))
        return self.folders[name]

    def _database(self, stage: Stage) -> bytes:
        """Returns a new database that this stage has migrated."""
        with tempfile.TemporaryDirectory(dir=self.parent) as name:
            folder = copy(stage, Path(name))
            command = [sys.executable, "manage.py", "migrate", "-v", "0"]
            subprocess.run(command, cwd=folder, env=terminal(), check=True)
            return (folder / DATABASE).read_bytes()


def _replaced(file: Path, old: str, new: str) -> bytes:
    text = file.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise LookupError(f"{file.name} has {old!r} {text.count(old)} times")
    return text.replace(old, new).encode()


def _without(file: Path, name: str) -> bytes:
    text = file.read_text(encoding="utf-8")
    lines, symbol = text.splitlines(keepends=True), symbols(text)[name]
    return "".join(lines[: symbol.first - 1] + lines[symbol.last :]).encode()


def pages(root: Path) -> Iterator[tuple[Path, Stage]]:
    """Yields every page that shows commands, with its stage: the last stage for the start page.

    The page on checking shows a learner who writes 03.
    """
    yield root / "docs/index.md", stages(root)[-1]
    yield root / "docs/checking.md", find("03-user-manager", root)
    yield from ((source(stage, root), stage) for stage in stages(root))
