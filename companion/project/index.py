"""What stands where in a learner's project, and which of its names somebody may have meant."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from companion.chain.stages import Stage, files, previous
from companion.chain.symbols import Symbol, lines_of, symbols
from companion.project.locate import Project, python_files, readable
from companion.project.results import Place

CLOSE = 0.6  # from which likeness on (0 to 1) one name is offered for another
CONFIG = re.compile(r"(?<![\w.])config(?=\.[a-z]|/[a-z])")


@dataclass(frozen=True, slots=True)
class Definition:
    """A class, function or constant of the project; `outside` tells a module's function that has a `self`."""

    file: str
    symbol: Symbol
    outside: bool

    @property
    def place(self) -> Place:
        return Place(self.file, self.symbol.first)

    @property
    def tail(self) -> str:
        return self.symbol.name.rpartition(".")[2]


class Known:
    """One project beside the stage it is held against; `facts` are what its own process said of it."""

    def __init__(self, stage: Stage, project: Project | None, facts: dict[str, Any] | None = None) -> None:
        self.stage, self.project = stage, project
        facts = facts or {}
        self.package = str(facts.get("package", "config"))
        self.settings = str(facts.get("file", f"{self.prefix}config/settings.py"))

    @property
    def prefix(self) -> str:
        return self.project.prefix if self.project else ""

    @cached_property
    def texts(self) -> dict[str, str]:
        """The Python files of the project, as they are called from the folder that was named."""
        if self.project is None:
            return {}
        return {
            path.relative_to(self.project.outer).as_posix(): readable(path)
            for path in python_files(self.project.folder)
        }

    @cached_property
    def definitions(self) -> list[Definition]:
        """What the project's files define; those that Python cannot read define nothing."""
        return [found for file, text in self.texts.items() for found in _definitions(file, text)]

    @cached_property
    def stage_texts(self) -> dict[str, str]:
        """The Python files of the stage, without its tests."""
        paths = files(self.stage)
        chosen = (name for name in paths if name.endswith(".py") and not name.startswith("tests/"))
        return {name: paths[name].read_text(encoding="utf-8") for name in chosen}

    @cached_property
    def packages(self) -> set[str]:
        """The packages that the stage imports, by the names under which it does."""
        pattern = r"^\s*(?:from|import) ([a-z]\w*)"
        return {hit for text in self.stage_texts.values() for hit in re.findall(pattern, text, re.MULTILINE)}

    def theirs(self, file: str) -> str:
        """What the project calls a file of the stage: its settings package may have another name."""
        if file.startswith("config/"):
            folder = f"{self.package.replace('.', '/')}/" if self.package else ""
            file = folder + file.removeprefix("config/")
        return self.prefix + file

    def symbols_of_stage(self, file: str) -> Mapping[str, Symbol]:
        """What the stage defines in the file that the project calls so; nothing where it has no such file."""
        return symbols(self.text_of_stage(file))

    def text_before(self, file: str) -> str:
        """What the stage before has in a file of this one; "" where it has no such file."""
        before = previous(self.stage)
        path = files(before).get(file) if before else None
        return path.read_text(encoding="utf-8") if path else ""

    def text_of_stage(self, file: str) -> str:
        """What the stage has in the file that the project calls so; "" where it has no such file."""
        return next((text for name, text in self.stage_texts.items() if self.theirs(name) == file), "")

    def module(self, dotted: str) -> str | None:
        """The file of a module of the project; None where it has no such module."""
        base = self.prefix + dotted.replace(".", "/")
        return next((file for file in (f"{base}.py", f"{base}/__init__.py") if file in self.texts), None)

    def module_of_stage(self, dotted: str) -> bool:
        """Whether the stage has the module that the project would call so."""
        return any(self.theirs(file) == f"{self.prefix}{dotted.replace('.', '/')}.py" for file in self.stage_texts)

    def has_package(self, name: str) -> bool:
        """Whether the project has a module or folder of that name beside its manage.py."""
        start = self.prefix + name
        return any(file == f"{start}.py" or file.startswith(f"{start}/") for file in self.texts)

    def near_module(self, dotted: str) -> str | None:
        """The file whose module somebody may have meant by `dotted`."""
        modules = {
            file.removeprefix(self.prefix).removesuffix(".py").removesuffix("/__init__").replace("/", "."): file
            for file in self.texts
            if file != f"{self.prefix}manage.py"
        }
        near = close(dotted, modules)
        alike = near and close(dotted.rpartition(".")[2], [near.rpartition(".")[2]])
        return modules[near] if near and alike else None

    def define(self, name: str, file: str | None = None) -> Definition | None:
        """Where the last part of a dotted `name` is defined, in this file or in any."""
        found = [d for d in self.definitions if d.tail == name and (file is None or d.file == file)]
        return found[0] if found else None

    def near(self, name: str, file: str | None = None, inside: str | None = None) -> Definition | None:
        """The definition whose name is most like `name`, in a file or in a class.

        Where the stage has both names in that file, the one is not the other, mistyped: it waits for its step.
        """
        fit = {
            d.tail: d
            for d in self.definitions
            if (file is None or d.file == file)
            and (inside is None or d.symbol.parent == inside)
            and d.tail != name
            and not self._both_in_stage(name, d)
        }
        best = close(name, fit)
        return fit[best] if best else None

    def _both_in_stage(self, name: str, other: Definition) -> bool:
        theirs = self.symbols_of_stage(other.file)
        return other.symbol.name in theirs and any(each.rpartition(".")[2] == name for each in theirs)

    def line(self, pattern: str, *chosen: str) -> Place | None:
        """The first line that the pattern matches, in these files (or in all)."""
        for file in chosen or tuple(self.texts):
            for number, text in enumerate(lines_of(self.texts.get(file, "")), 1):
                if re.search(pattern, text):
                    return Place(file, number, text.strip())
        return None

    def stage_files_with(self, name: str) -> list[str]:
        """The files of the stage that define `name` at their top level."""
        return [file for file, text in self.stage_texts.items() if name in symbols(text)]

    def in_stage(self, name: str) -> tuple[str, str] | None:
        """The file of the stage, as the stage calls it, and the whole name of what it defines as `name` there."""
        for file, text in self.stage_texts.items():
            for whole in symbols(text):
                if whole.rpartition(".")[2] == name:
                    return file, whole
        return None

    def import_of(self, name: str) -> str | None:
        """The import by which the stage's own files get `name`."""
        for text in self.stage_texts.values():
            for node in ast.walk(ast.parse(text)):
                names = node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else []
                if any((alias.asname or alias.name) == name for alias in names):
                    if isinstance(node, ast.ImportFrom):
                        return f"from {'.' * node.level}{node.module or ''} import {name}"
                    return f"import {name}"
        return None


def close(name: str, names: Iterable[str]) -> str | None:
    """Which of the names is most like `name`; None where none is like it. Case and underscores count little."""
    known = {each.lower().replace("_", ""): each for each in names}
    near = difflib.get_close_matches(name.lower().replace("_", ""), known, 1, CLOSE)
    return known[near[0]] if near else None


def _definitions(file: str, text: str) -> list[Definition]:
    try:
        found = symbols(text)
    except ValueError:  # NotPython, or text with NUL in it
        return []
    selves = {
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.args.args and node.args.args[0].arg == "self"
    }
    return [Definition(file, symbol, name in selves) for name, symbol in found.items() if symbol.kind != "imports"]


def renamed(text: str, package: str) -> str:
    """The text of a stage's file for a project whose settings lie in `package` ("": beside manage.py)."""
    if package == "config":
        return text
    if package:
        return CONFIG.sub(lambda hit: package.replace(".", "/") if text[hit.end()] == "/" else package, text)
    return re.sub(CONFIG.pattern + r"[./]", "", text)
