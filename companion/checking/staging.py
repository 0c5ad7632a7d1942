"""The stage's own tests, copied for one project: its name of the settings package, and its folder for theirs.

The tests of a stage say `config` and look for the Dockerfile beside their own folder. A learner's package may have
another name, and the tests stay where the learner cannot touch them. So the copy says what is true for the project.
"""

from __future__ import annotations

import re
from pathlib import Path

CONFIG = re.compile(r"(?<![\w.])config(?=\.[a-z]|/[a-z])")
FILE = re.compile(r"(?<![\w.])__file__(?!\w)")
BESIDE = ("Dockerfile", ".dockerignore", "requirements.txt", "manage.py")


def copy_tests(stage: Path, target: Path, package: str, project: Path, outer: Path) -> None:
    """Write the stage's `pytest.ini` and `tests/` into `target`.

    `package` is the project's name for `config` ("" when its settings lie beside manage.py), `project` the folder
    of its manage.py, `outer` the folder above which its Dockerfile is not looked for.
    """
    (target / "pytest.ini").write_bytes((stage / "pytest.ini").read_bytes())
    for path in sorted((stage / "tests").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = target / path.relative_to(stage)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".py":
                text = path.read_text(encoding="utf-8")
                home = _home(text, project, outer) / path.relative_to(stage)
                copy.write_text(adapted(text, package, home), encoding="utf-8", newline="")
            else:
                copy.write_bytes(path.read_bytes())


def adapted(text: str, package: str, file: Path) -> str:
    """The text of a test that finds itself at `file` and the settings in `package`."""
    return renamed(FILE.sub(lambda _: repr(str(file)), text), package)


def renamed(text: str, package: str) -> str:
    """The text of a stage's file for a project whose settings lie in `package` ("": beside manage.py)."""
    if package == "config":
        return text
    if package:
        return CONFIG.sub(lambda hit: package.replace(".", "/") if text[hit.end()] == "/" else package, text)
    return re.sub(CONFIG.pattern + r"[./]", "", text)


def _home(text: str, project: Path, outer: Path) -> Path:
    """The folder, from manage.py's up to `outer`, that has every file which this test looks for."""
    named = [name for name in BESIDE if f'"{name}"' in text]
    folders = [project, *(folder for folder in project.parents if folder == outer or outer in folder.parents)]
    missing = {folder: sum(not (folder / name).exists() for name in named) for folder in folders}
    return min(folders, key=missing.__getitem__)
