"""Checks again whenever a file of the project is saved, and answers to keys in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from watchfiles import Change, DefaultFilter, watch

from companion.checking import show
from companion.checking.compare import compare
from companion.checking.keys import ReadKey, keyboard
from companion.checking.lookup import Known
from companion.checking.progress import Standing, stand
from companion.checking.project import NotAProject, locate
from companion.stages import Stage

SAVED = "saved"
KEYS = "h hint   d diff   n next   a all   t traceback   q quit"
Say = Callable[[str], None]


class Relevant(DefaultFilter):
    """Lets a change pass that may change what a check finds: no caches, no databases."""

    def __call__(self, change: Change, path: str) -> bool:
        return super().__call__(change, path) and not path.endswith((".sqlite3", ".sqlite3-journal", ".log", ".pyc"))


@dataclass
class Watched:
    """One project that is watched: `stage` is None as long as the project says itself how far it is."""

    folder: Path
    say: Say
    stage: Stage | None = None
    found: Standing | None = None

    def check(self) -> None:
        """Check, and say what is found."""
        self.found = stand(self.folder, self.stage)
        self.say(show.standing(self.found))
        self.say(f"\n{KEYS}")

    def key(self, key: str) -> bool:
        """Answer to a key; returns False when it is the one to quit with."""
        found = self.found
        if key in ("q", "\x03", "\x04", ""):
            return False
        if found is None:
            return True
        if key == "h":
            self.say(show.standing(found, hint=True))
        elif key == "a":
            self.say(show.standing(found, every=True))
        elif key == "t":
            self.say(show.standing(found, traceback=True))
        elif key == "d":
            self.say(difference(found, self.folder))
        elif key == "n":
            self._next(found)
        return True

    def _next(self, found: Standing) -> None:
        if not found.report.passed:
            left = len(found.missing)
            self.say(f"{found.stage} is not done yet: {left} {'thing is' if left == 1 else 'things are'} missing.")
        elif found.next is None:
            self.say("This was the last stage: all is done.")
        else:
            self.stage = found.next
            self.check()


def difference(found: Standing, folder: Path, every: bool = False) -> str:
    """What of the stage the project has otherwise, up to the step at which it stands; or `every` difference."""
    try:
        project = locate(folder)
    except NotAProject:
        return show.standing(found)
    known = Known(found.stage, project, found.report.facts)
    return show.differences(compare(known), None if every else found.step, found)


def run(folder: Path, say: Say, stage: Stage | None = None, polling: bool = False) -> None:
    """Watch until somebody quits. With `polling` the files are looked at, for folders that send no events."""
    watched = Watched(folder, say, stage)
    events: SimpleQueue[str] = SimpleQueue()
    stop = threading.Event()
    ready = threading.Event()
    threading.Thread(target=_files, args=(folder, events, stop, ready, polling), daemon=True).start()
    with keyboard() as read:
        if read:
            threading.Thread(target=_keys, args=(read, events), daemon=True).start()
        ready.wait()
        try:
            watched.check()
            while (event := events.get()) == SAVED or watched.key(event):
                if event == SAVED:
                    watched.check()
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()


def _keys(read: ReadKey, events: SimpleQueue[str]) -> None:
    while True:
        key = read()
        events.put(key)
        if key in ("", "q"):
            return


def _files(
    folder: Path, events: SimpleQueue[str], stop: threading.Event, ready: threading.Event, polling: bool
) -> None:
    for event in _changes(folder, stop, ready, polling):
        events.put(event)


def _changes(folder: Path, stop: threading.Event, ready: threading.Event, polling: bool) -> Iterator[str]:
    """One event for each time that something was saved; where the system sends none, by looking again and again."""
    options = {"watch_filter": Relevant(), "stop_event": stop, "rust_timeout": 100, "yield_on_timeout": True}
    try:
        for changes in watch(folder, force_polling=polling or None, **options):  # type: ignore[arg-type]
            ready.set()
            if changes:
                yield SAVED
    except OSError:  # no watches left, or a file system without them
        if polling:
            raise
        yield from _changes(folder, stop, ready, True)
