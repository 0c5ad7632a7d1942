"""Turns an exception into a Failure with the project's lines. Runs in the project's process, without Django."""

import os
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType

from companion.project.results import Failure, Place

INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
PYTEST = (f"{os.sep}_pytest{os.sep}", f"{os.sep}pluggy{os.sep}")
WRAPPERS = ("CollectError", "ConftestImportFailure")  # pytest raises them from what a file raises while it is loaded
MOST = 20_000  # characters: longer messages and tracebacks are cut


class Frames:
    """Reads exceptions of the project in `root`. `tests` has copies of the tests of `stage`."""

    def __init__(self, root: Path, tests: Path, stage: Path) -> None:
        self.root, self.tests, self.stage = os.path.realpath(root), os.path.realpath(tests), str(stage)

    def failure(self, phase: str, error: BaseException, wanted: str = "", came: str = "") -> Failure:
        """Returns the Failure for `error`, or for its cause if the project raised that."""
        chain = self._chain(error)
        error, trace = chain[0], _trimmed(chain[0].__traceback__)
        text = "".join(traceback.format_exception(type(error), error, trace)).replace(self.tests, self.stage)
        tests = [place for link in chain for place in self._below(link.__traceback__, self.tests)]
        return Failure(
            phase=phase,
            type=type(error).__name__,
            message=_message(error)[:MOST],
            name=str(getattr(error, "name", None) or ""),
            places=next((found for link in chain if (found := self._places(link))), ()),
            test=tests[-1] if tests else None,
            wanted=wanted,
            came=came,
            traceback=text[-MOST:],
        )

    def _chain(self, error: BaseException) -> list[BaseException]:
        """Returns the error and those that led to it (`__cause__` or `__context__`), nearest first.

        Left out are errors of frameworks which only say that a file could not be imported.
        """
        chain = [error]
        while (earlier := chain[-1].__cause__ or chain[-1].__context__) is not None and earlier not in chain:
            chain.append(earlier)
        while len(chain) > 1 and type(chain[0]).__name__ in WRAPPERS:
            del chain[0]
        repeated = len(chain) > 1 and isinstance(chain[0], ImportError) and str(chain[1]) in str(chain[0])
        return chain[1:] if repeated and self._places(chain[1]) else chain

    def in_project(self, file: str) -> bool:
        """Returns whether a file belongs to the project, and not to a package that is installed inside its folder."""
        if file.startswith("<"):
            return False  # "<frozen importlib._bootstrap>" is not a file
        inside = _inside(file, self.root)
        return inside is not None and not any(part in f"{os.sep}{inside}" for part in INSTALLED)

    def inside(self, file: str) -> str:
        """Returns the path of a file relative to the project, with `/`."""
        return Path(_inside(file, self.root) or file).as_posix()

    def assigned(self, name: str, module: ModuleType) -> Place:
        """Returns the line that assigns `name` in the module or another file of the project, or else the module."""
        loaded = (getattr(each, "__file__", None) for each in list(sys.modules.values()))
        files = [module.__file__ or "", *sorted(file for file in loaded if file and self.in_project(file))]
        for file in files:
            for number, line in enumerate(Path(file).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if re.match(rf"{name}\b", line):
                    return Place(self.inside(file), number, line.strip())
        return Place(self.inside(files[0]), 0)

    def _places(self, error: BaseException) -> tuple[Place, ...]:
        places = self._below(error.__traceback__, self.root)
        if isinstance(error, SyntaxError) and error.filename and self.in_project(error.filename):
            places.append(Place(self.inside(error.filename), error.lineno or 0, (error.text or "").strip()))
        return tuple(places)

    def _below(self, trace: TracebackType | None, folder: str) -> list[Place]:
        return [
            Place(Path(inside).as_posix(), frame.lineno or 0, frame.line or "", frame.name)
            for frame in traceback.extract_tb(trace)
            if (inside := _inside(frame.filename, folder)) and (folder == self.tests or self.in_project(frame.filename))
        ]


def _trimmed(trace: TracebackType | None) -> TracebackType | None:
    """Returns the traceback without pytest's own calls before the test."""
    start = trace
    while start and any(part in start.tb_frame.f_code.co_filename for part in PYTEST):
        start = start.tb_next
    return start or trace


def _inside(file: str, folder: str) -> str | None:
    """Returns the path of a file relative to a folder, before or after resolving links, or None if not inside."""
    for path in (os.path.abspath(file), os.path.realpath(file)):
        if path.startswith(folder + os.sep):
            return path[len(folder) + 1 :]
    return None


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    try:
        return str(error)
    except Exception:  # the exception's own __str__ may raise
        return ""
