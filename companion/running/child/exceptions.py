"""What an exception tells about the project it comes from. Runs in the project's process; knows no Django."""

from __future__ import annotations

import os
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType

from companion.project.results import Failure, Place

NOT_THEIRS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
PYTEST = (f"{os.sep}_pytest{os.sep}", f"{os.sep}pluggy{os.sep}")
MOST = 20_000  # characters of a message or a traceback that are kept


class Frames:
    """Reads exceptions of a project in `root`, which the tests of `stage` check. Copies of these are in `tests`."""

    def __init__(self, root: Path, tests: Path, stage: Path) -> None:
        self.root, self.tests, self.stage = os.path.realpath(root), os.path.realpath(tests), str(stage)

    def failure(self, phase: str, error: BaseException, wanted: str = "", came: str = "") -> Failure:
        """What is known of `error`, or of its cause if the cause is what happened in the project."""
        error = self._cause(_real(error))
        chain = _chain(error)
        places = next((found for link in chain if (found := self._places(link))), ())
        tests = [place for link in chain for place in self._below(link.__traceback__, self.tests)]
        return Failure(
            phase=phase,
            type=type(error).__name__,
            message=_message(error)[:MOST],
            name=str(getattr(error, "name", None) or ""),
            places=places,
            test=tests[-1] if tests else None,
            wanted=wanted,
            came=came,
            traceback=self._text(error),
        )

    def _cause(self, error: BaseException) -> BaseException:
        """What happened in a file of the project, where a framework only says that it could not import the file."""
        cause = error.__cause__ or error.__context__
        repeated = isinstance(error, ImportError) and cause is not None and str(cause) in str(error)
        return cause if cause and repeated and self._places(cause) else error

    def _text(self, error: BaseException) -> str:
        """The traceback, in which the copies of the tests have the names of what they were copied from."""
        lines = traceback.format_exception(type(error), error, _trimmed(error.__traceback__))
        return "".join(lines).replace(self.tests, self.stage)[-MOST:]

    def theirs(self, file: str) -> bool:
        """Whether a file belongs to the project, and not to a package installed inside it."""
        if file.startswith("<"):
            return False  # "<frozen importlib._bootstrap>" and the like are no files
        inside = _inside(file, self.root)
        return inside is not None and not any(part in f"{os.sep}{inside}" for part in NOT_THEIRS)

    def inside(self, file: str) -> str:
        """The path of a file inside the project, with `/`."""
        return Path(_inside(file, self.root) or file).as_posix()

    def assigned(self, name: str, module: ModuleType) -> Place:
        """Where `name` is set in the module or in one that it takes names from; the module's file where nowhere."""
        loaded = (getattr(each, "__file__", None) for each in list(sys.modules.values()))
        files = [module.__file__ or "", *sorted(file for file in loaded if file and self.theirs(file))]
        for file in files:
            for number, line in enumerate(Path(file).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if re.match(rf"{name}\b", line):
                    return Place(self.inside(file), number, line.strip())
        return Place(self.inside(files[0]), 0)

    def _places(self, error: BaseException) -> tuple[Place, ...]:
        places = self._below(error.__traceback__, self.root)
        if isinstance(error, SyntaxError) and error.filename and self.theirs(error.filename):
            places.append(Place(self.inside(error.filename), error.lineno or 0, (error.text or "").strip()))
        return tuple(places)

    def _below(self, trace: TracebackType | None, folder: str) -> list[Place]:
        return [
            Place(Path(inside).as_posix(), frame.lineno or 0, frame.line or "", frame.name)
            for frame in traceback.extract_tb(trace)
            if (inside := _inside(frame.filename, folder)) and (folder == self.tests or self.theirs(frame.filename))
        ]


def _trimmed(trace: TracebackType | None) -> TracebackType | None:
    """The trace without the calls by which pytest came to the test."""
    start = trace
    while start and any(part in start.tb_frame.f_code.co_filename for part in PYTEST):
        start = start.tb_next
    return start or trace


def _inside(file: str, folder: str) -> str | None:
    """The path of a file inside a folder, as it is called there or, where that is a link, as it is called really."""
    for path in (os.path.abspath(file), os.path.realpath(file)):
        if path.startswith(folder + os.sep):
            return path[len(folder) + 1 :]
    return None


def _real(error: BaseException) -> BaseException:
    """pytest wraps what happens when it loads a file; what happened is the cause."""
    while type(error).__name__ in ("CollectError", "ConftestImportFailure") and error.__cause__ is not None:
        error = error.__cause__
    return error


def _chain(error: BaseException) -> list[BaseException]:
    """The error, and what it was raised from or while handling, nearest first."""
    chain = [error]
    while (earlier := chain[-1].__cause__ or chain[-1].__context__) is not None and earlier not in chain:
        chain.append(earlier)
    return chain


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    try:
        return str(error)
    except Exception:  # an exception of the project may be broken itself
        return ""
