"""Checks a project each time one of its files is saved, and reacts to keys in between."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from watchdog import events
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserverVFS
from watchdog.utils.event_debouncer import EventDebouncer

from companion.chain.stages import Stage
from companion.learner import output
from companion.learner.keyboard import ReadKey, keyboard
from companion.learner.standing import Standing, find_standing
from companion.project.locate import LEFT_BY_TOOLS
from companion.project.results import Result
from companion.running.processes import prepared, refill

SAVED = "saved"
WAITING = 2  # processes that wait with their imports done: one for the tests that failed last, one for all tests
SAVES = [events.FileCreatedEvent, events.FileModifiedEvent, events.FileMovedEvent, events.FileDeletedEvent]
ONE_SAVE = 0.1  # seconds within which changes count as one save: some editors write a new file and rename it
LOOK = 0.3  # seconds between two looks at the files, if the system reports no changes
UNCHECKED = {".sqlite3", ".sqlite3-journal", ".log", ".pyc"}
KEYS = "h hint   d diff   n next   a all   t traceback   q quit"
Echo = Callable[[str], None]


def relevant(path: Path) -> bool:
    """Returns whether a change of `path`, relative to the watched folder, can change the result of a check."""
    hidden = any(part.startswith(".") for part in path.parts[:-1]) or not LEFT_BY_TOOLS.isdisjoint(path.parts)
    return not hidden and path.suffix not in UNCHECKED


class SavedAgain(Exception):
    """Raised to stop a check, because a file was saved while it ran."""


@dataclass
class Watching:
    """One watched project; if `stage` is None, each check finds the stage that the project has reached."""

    folder: Path
    echo: Echo
    stage: Stage | None = None
    found: Standing | None = None
    saved: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Checks the project and prints the result, the first missing thing early. A save during the check ends it."""
        self.saved.clear()
        printed = ""

        def on_first(found: Standing) -> None:
            nonlocal printed
            self.echo(f"{output.first(found)}\n")
            printed = output.first_cause(found)
            self.echo(f"{printed}\n")

        try:
            self.found = find_standing(self.folder, self.stage, lambda stage: self._stop_if_saved, on_first=on_first)
        except SavedAgain:
            return
        self.echo(output.standing(self.found, shown=printed))
        self.echo(f"\n{KEYS}")
        refill()

    def _stop_if_saved(self, result: Result) -> None:
        if self.saved.is_set():
            raise SavedAgain

    def key(self, key: str) -> bool:
        """Reacts to a key; returns False if the key quits."""
        found = self.found
        if key in ("q", "\x03", "\x04", ""):
            return False
        if found is None:
            return True
        if key in "hat":
            self.echo(output.standing(found, hint=key == "h", every=key == "a", traceback=key == "t"))
        elif key == "d":
            self.echo(output.difference(found))
        elif key == "n":
            self._next(found)
        return True

    def _next(self, found: Standing) -> None:
        if not found.report.passed:
            left = len(found.missing)
            self.echo(f"{found.stage} is not done yet: {left} {'thing is' if left == 1 else 'things are'} missing.")
        elif found.next is None:
            self.echo("This was the last stage: all is done.")
        else:
            self.stage = found.next
            self.check()


def run(folder: Path, echo: Echo, stage: Stage | None = None, polling: bool = False) -> None:
    """Watches until the user quits. `polling` is for folders whose file system reports no changes."""
    watched = Watching(folder, echo, stage)
    queue: SimpleQueue[str] = SimpleQueue()

    def seen(names: set[str]) -> None:
        first, more = min(names), len(names) - 1
        echo(f"\nSaved: {first}{f' and {more} more' if more else ''}. Checking ...\n")
        watched.saved.set()
        queue.put(SAVED)

    with keyboard() as read, prepared(WAITING), saves(folder, seen, polling):
        if read:
            threading.Thread(target=_keys, args=(read, queue), daemon=True).start()
        try:
            watched.check()
            while (event := queue.get()) == SAVED or watched.key(event):
                if event == SAVED and watched.saved.is_set():
                    watched.check()
        except KeyboardInterrupt:
            pass


def _keys(read: ReadKey, queue: SimpleQueue[str]) -> None:
    while True:
        key = read()
        queue.put(key)
        if key in ("", "q"):
            return


class _Files(FileSystemEventHandler):
    """Passes events on, if they are about files that can change the result of a check."""

    def __init__(self, folder: Path, handle: Callable[[FileSystemEvent], None]) -> None:
        self.folder = folder
        self.handle = handle

    def on_any_event(self, event: FileSystemEvent) -> None:
        if any(relevant(Path(name)) for name in names(event, self.folder)):
            self.handle(event)


def names(event: FileSystemEvent, folder: Path) -> list[str]:
    """Returns the paths of an event relative to `folder`: the file, and where it was moved to."""
    return [os.path.relpath(str(path), folder) for path in (event.src_path, event.dest_path) if path]


@contextmanager
def saves(folder: Path, saved: Callable[[set[str]], None], polling: bool = False) -> Iterator[None]:
    """Calls `saved` with the names of the changed files after each save in `folder`, until the context ends.

    With `polling`, or if the system reports no changes, it looks at the files again and again.
    """
    debouncer = EventDebouncer(ONE_SAVE, lambda seen: saved({n for event in seen for n in names(event, folder)}))
    observer = _observer(_Files(folder, debouncer.handle_event), polling)
    debouncer.start()
    try:
        yield
    finally:
        observer.stop()
        debouncer.stop()


def _observer(files: _Files, polling: bool) -> BaseObserver:
    observer = PollingObserverVFS(os.stat, _entries, polling_interval=LOOK) if polling else Observer()
    observer.schedule(files, str(files.folder), recursive=True, event_filter=SAVES)
    try:
        observer.start()
    except OSError:  # no inotify watches left, or a file system without them
        if polling:
            raise
        return _observer(files, True)
    return observer


def _entries(folder: str | None) -> Iterator[os.DirEntry[str]]:
    """Yields the entries of a folder, without the folders in which changes don't matter."""
    return (entry for entry in os.scandir(folder) if relevant(Path(entry.name, "any")))
