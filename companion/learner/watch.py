"""Checks a project each time one of its files is saved, and reacts to keys in between."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserverVFS
from watchdog.utils.event_debouncer import EventDebouncer

from companion.chain.stages import Stage
from companion.learner import output
from companion.learner.standing import Standing
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
    echo: output.Echo
    stage: Stage | None = None
    found: Standing | None = None
    saved: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Checks the project and prints the result, the first missing thing early. A save during the check ends it."""
        self.saved.clear()
        with suppress(SavedAgain):
            self.found, shown = output.check_and_tell(self.folder, self.stage, self.echo, self._stop_if_saved)
            self.echo(output.standing(self.found, shown=shown))
            self.echo(f"\n{KEYS}")
            refill()

    def _stop_if_saved(self, stage: Stage, result: Result) -> None:
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
        elif key == "n" and not found.report.passed:
            left = len(found.missing)
            self.echo(f"{found.stage} is not done yet: {left} {'thing is' if left == 1 else 'things are'} missing.")
        elif key == "n" and found.next is None:
            self.echo("This was the last stage: all is done.")
        elif key == "n":
            self.stage = found.next
            self.check()
        return True


def run(folder: Path, echo: output.Echo, stage: Stage | None = None, polling: bool = False) -> None:
    """Watches until the user quits. `polling` is for folders whose file system reports no changes."""
    watched = Watching(folder, echo, stage)
    queue: SimpleQueue[str] = SimpleQueue()

    def seen(names: set[str]) -> None:
        first, more = min(names), len(names) - 1
        echo(f"\nSaved: {first}{f' and {more} more' if more else ''}. Checking ...\n")
        watched.saved.set()
        queue.put(SAVED)

    with keyboard(queue), prepared(WAITING), saves(folder, seen, polling), suppress(KeyboardInterrupt):
        watched.check()
        while (event := queue.get()) == SAVED or watched.key(event):
            if event == SAVED and watched.saved.is_set():
                watched.check()


@contextmanager
def keyboard(queue: SimpleQueue[str]) -> Iterator[None]:
    """Puts each key that is pressed into the queue ("" at the end of input), in a terminal, until the context ends."""
    with ExitStack() as stack:
        if sys.platform == "win32":
            from msvcrt import getwch as read  # type: ignore[attr-defined,unused-ignore]  # only on Windows
        elif sys.stdin.isatty():
            import termios
            import tty

            number = sys.stdin.fileno()
            stack.callback(termios.tcsetattr, number, termios.TCSADRAIN, termios.tcgetattr(number))
            tty.setcbreak(number)  # keys arrive without Enter; Ctrl+C still works

            def read() -> str:
                return os.read(number, 1).decode(errors="replace")

        def pass_on() -> None:
            key = None
            while key not in ("", "q"):
                queue.put(key := read())

        if sys.stdin.isatty():
            threading.Thread(target=pass_on, daemon=True).start()
        yield


class _Saves(EventDebouncer, events.FileSystemEventHandler):
    """Collects the events of a moment, so that they count as one save."""

    on_any_event = EventDebouncer.handle_event


@contextmanager
def saves(folder: Path, saved: Callable[[set[str]], object], polling: bool = False) -> Iterator[None]:
    """Calls `saved` with the names of the changed files after each save in `folder`, until the context ends.

    With `polling`, or if the system reports no changes, it looks at the files again and again.
    """

    def changed(seen: list[events.FileSystemEvent]) -> None:
        paths = [str(path) for event in seen for path in (event.src_path, event.dest_path) if path]
        if names := {name for path in paths if relevant(Path(name := os.path.relpath(path, folder)))}:
            saved(names)

    collected = _Saves(ONE_SAVE, changed)
    observer = _observer(folder, collected, polling)
    collected.start()
    try:
        yield
    finally:
        observer.stop()
        collected.stop()


def _observer(folder: Path, handler: events.FileSystemEventHandler, polling: bool) -> BaseObserver:
    observer = PollingObserverVFS(os.stat, _entries, polling_interval=LOOK) if polling else Observer()
    observer.schedule(handler, str(folder), recursive=True, event_filter=SAVES)
    try:
        observer.start()
    except OSError:  # no inotify watches left, or a file system without them
        if polling:
            raise
        return _observer(folder, handler, True)
    return observer


def _entries(folder: str | None) -> Iterator[os.DirEntry[str]]:
    """Yields the entries of a folder, without the folders in which changes don't matter."""
    return (entry for entry in os.scandir(folder) if relevant(Path(entry.name, "any")))
