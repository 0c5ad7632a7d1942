"""What an exception tells about the project it comes from. Runs in the project's process; knows no Django."""

from __future__ import annotations

import builtins
import difflib
import os
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from companion.project.results import Failure, Place

NOT_THEIRS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
PYTEST = (f"{os.sep}_pytest{os.sep}", f"{os.sep}pluggy{os.sep}")
MOST = 20_000  # characters of a message or a traceback that are kept


class Frames:
    """Reads exceptions for a project in `root` that is checked by copies, in `tests`, of what lies in `stage`."""

    def __init__(self, root: Path, tests: Path, stage: Path) -> None:
        self.root, self.tests, self.stage = os.path.realpath(root), os.path.realpath(tests), str(stage)

    def failure(self, phase: str, error: BaseException, wanted: str = "", came: str = "") -> Failure:
        """The facts of `error`. Its cause stands for it where that is what happened in the project."""
        error = self._cause(_real(error))
        chain = _chain(error)
        places = next((found for link in chain if (found := self._places(link))), ())
        tests = [place for link in chain for place in self._below(link.__traceback__, self.tests)]
        return Failure(
            phase=phase,
            type=type(error).__name__,
            message=_message(error)[:MOST],
            name=str(getattr(error, "name", None) or ""),
            near=_near(error),
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
        files = [module.__file__ or "", *sorted(m.__file__ for m in _loaded() if self.theirs(m.__file__))]
        for file in files:
            for number, line in enumerate(Path(file).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if re.match(rf"{name}\b", line):
                    return Place(self.inside(file), number, line.strip())
        return Place(self.inside(files[0]), 0)

    def _places(self, error: BaseException) -> tuple[Place, ...]:
        places = self._below(error.__traceback__, self.root)
        if isinstance(error, SyntaxError) and error.filename and self.theirs(error.filename):
            places.append(self._place(self.root, error.filename, error.lineno or 0, (error.text or "").strip(), ""))
        return tuple(places)

    def _below(self, trace: TracebackType | None, folder: str) -> list[Place]:
        found = []
        for frame in traceback.extract_tb(trace):
            if _inside(frame.filename, folder) and (folder == self.tests or self.theirs(frame.filename)):
                found.append(self._place(folder, frame.filename, frame.lineno or 0, frame.line or "", frame.name))
        return found

    def _place(self, folder: str, file: str, line: int, code: str, function: str) -> Place:
        return Place(Path(_inside(file, folder) or file).as_posix(), line, code, function)


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


def _loaded() -> list[Any]:
    return [module for module in list(sys.modules.values()) if getattr(module, "__file__", None)]


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


def _near(error: BaseException) -> str:
    """What somebody may have meant by an attribute or an import that is not there: only this process can look."""
    owner: object = None
    name: str | None = ""
    if isinstance(error, AttributeError):
        owner, name = error.obj, error.name
    elif isinstance(error, NameError) and error.name:
        return _close(error.name, _names_at(error.__traceback__))
    elif isinstance(error, ImportError) and (hit := re.match(r"cannot import name '(\w+)'", str(error))):
        owner, name = sys.modules.get(error.name or ""), hit[1]
    if owner is None or not name:
        return ""
    try:
        return _close(name, dir(owner))
    except Exception:  # their __dir__ may be broken
        return ""


def _names_at(trace: TracebackType | None) -> list[str]:
    """The names that are known where an exception was raised."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    return [*trace.tb_frame.f_locals, *trace.tb_frame.f_globals, *dir(builtins)] if trace else []


def _close(name: str, names: list[str]) -> str:
    return next(iter(difflib.get_close_matches(name, [each for each in names if each != name], 1)), "")


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    try:
        return str(error)
    except Exception:  # an exception of the project may be broken itself
        return ""
