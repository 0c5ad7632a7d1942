"""Compares a project with a stage, and finds lines, definitions and similar names in it."""

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import cached_property, partial
from typing import Any

from companion.chain.symbols import Symbol, lines_of, read_symbols
from companion.project.edits import Hunk, Swap, Texts
from companion.project.file_pairs import FilePair
from companion.project.results import Place

CLOSE = 0.6  # similarity (0 to 1) from which a name is suggested in place of another
SAME_FILE = 0.8  # similarity from which a file counts as a renamed file of the stage
CONFIG = re.compile(r"(?<![\w.])config(?=\.[a-z{]|/[a-z])")


class Known:
    """A project and the stage that it is compared with, both as texts: nothing here reads a file.

    The keys of `files` are paths relative to the folder that was named; those inside the folder of manage.py begin with
    `prefix`. `stage_files` and `earlier` are the files of the stage and of the stage before. `facts` are what the
    project's own process reported about it.
    """

    def __init__(self, files: Texts, stage_files: Texts, earlier: Texts, prefix: str, facts: Mapping[str, Any]) -> None:
        self.files, self.stage_files, self.earlier, self.prefix = files, stage_files, earlier, prefix
        self.package = str(facts.get("package", "config"))
        self.settings = str(facts.get("file", f"{self.prefix}config/settings.py"))

    @cached_property
    def texts(self) -> dict[str, str]:
        """Returns the Python files of the project."""
        return {file: text for file, text in self.files.items() if file.endswith(".py")}

    @cached_property
    def stage_texts(self) -> dict[str, str]:
        """Returns the Python files of the stage."""
        return {name: text for name, text in self.stage_files.items() if name.endswith(".py")}

    @cached_property
    def definitions(self) -> list[tuple[str, Symbol]]:
        """Returns the classes, functions and constants of the project, each with its file."""
        found = ((file, symbol) for file, text in self.texts.items() for symbol in read_symbols(file, text).values())
        return [(file, symbol) for file, symbol in found if symbol.kind != "imports"]

    @cached_property
    def pairs(self) -> dict[str, str]:
        """Maps each file of the stage to the project's: the one of the same name, or else the most similar one."""
        names = [n for n in self.stage_files if "/migrations/" not in n]
        found = {name: self.project_path(name) for name in names}
        free = [file for file in self.files if file not in found.values() and "/migrations/" not in file]
        for name in (name for name in names if found[name] not in self.files and self.stage_files[name].strip()):
            best = max(free, key=partial(self._likeness, name), default="")
            if best and self._likeness(name, best) > SAME_FILE:
                found[name] = best
                free.remove(best)
        return found

    def _likeness(self, name: str, file: str) -> float:
        """Returns how likely (0 to 2) a file of the project is the stage's file with another name or folder."""
        if file.endswith(f"/{name}"):
            return 2.0
        folder, _, called = self.project_path(name).rpartition("/")
        where, _, mine = file.rpartition("/")
        alike = close(called, [mine]) == mine and mine[-3:] == called[-3:]
        if folder == where and (mine.startswith(f"{called}.") or alike):
            return 1.5
        return SequenceMatcher(None, self.stage_files[name], self.files[file], autojunk=False).quick_ratio()

    @cached_property
    def hunks(self) -> list[Hunk]:
        """Returns all differences between the project and the stage, file by file, without migrations and tests."""
        found: list[Hunk] = []
        for name, file in self.pairs.items():
            mine, wanted = self.files.get(file), self.project_path(name)
            theirs = with_package(self.stage_files[name], self.package)
            earlier = with_package(self.earlier.get(name, ""), self.package)
            whole = (Swap(1, 0, tuple(lines_of(theirs if mine is None else mine))),)
            if mine is None:
                found.append(Hunk(Place(file, 0), name, "", "no file", "", "", "", whole))
                continue
            if file != wanted:
                found.append(Hunk(Place(file, 0), name, "", "renamed", file, wanted, "", whole))
            found += FilePair(file, name, mine, theirs, earlier).hunks()
        return found

    def around(self, place: Place) -> list[Symbol]:
        """Returns the classes, functions and constants that contain this line, innermost last."""
        here = (symbol for file, symbol in self.definitions if file == place.file)
        around = (symbol for symbol in here if symbol.first <= place.line <= symbol.last)
        return sorted(around, key=lambda symbol: (symbol.first, -symbol.last))

    @cached_property
    def packages(self) -> set[str]:
        """Returns the names of the packages that the stage imports."""
        pattern = r"^\s*(?:from|import) ([a-z]\w*)"
        return {hit for text in self.stage_texts.values() for hit in re.findall(pattern, text, re.MULTILINE)}

    def project_path(self, file: str) -> str:
        """Returns the project's path for a file of the stage; its settings package may have another name."""
        if file.startswith("config/"):
            folder = f"{self.package.replace('.', '/')}/" if self.package else ""
            file = folder + file.removeprefix("config/")
        return self.prefix + file

    def text_of_stage(self, file: str) -> str:
        """Returns the stage's text of the file that has this path in the project, or "" if the stage has none."""
        return next((text for name, text in self.stage_texts.items() if self.project_path(name) == file), "")

    def has_package(self, name: str) -> bool:
        """Returns whether the project has a module or package of that name next to its manage.py."""
        start = self.prefix + name
        return any(file == f"{start}.py" or file.startswith(f"{start}/") for file in self.texts)

    def line(self, pattern: str, *chosen: str) -> Place | None:
        """Returns the first line that the pattern matches, in the chosen files or else in all Python files."""
        for file in chosen or tuple(self.texts):
            for number, text in enumerate(lines_of(self.texts.get(file, "")), 1):
                if re.search(pattern, text):
                    return Place(file, number, text.strip())
        return None

    def import_of(self, name: str) -> str | None:
        """Returns the import statement with which the stage imports `name`, or None."""
        nodes = (node for text in self.stage_texts.values() for node in ast.walk(ast.parse(text)))
        for node in (node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) == name]
            if node.names:
                return ast.unparse(node)
        return None


def close(name: str, names: Iterable[str]) -> str | None:
    """Returns the most similar of the names, or None if none is similar; case and underscores are ignored."""
    known = {each.lower().replace("_", ""): each for each in names}
    near = difflib.get_close_matches(name.lower().replace("_", ""), known, 1, CLOSE)
    return known[near[0]] if near else None


def with_package(text: str, package: str) -> str:
    """Returns a stage's text with `config` replaced by the project's settings package ("": next to manage.py)."""
    if package:
        return CONFIG.sub(lambda hit: package.replace(".", "/") if text[hit.end()] == "/" else package, text)
    return re.sub(CONFIG.pattern + r"[./]", "", text)
