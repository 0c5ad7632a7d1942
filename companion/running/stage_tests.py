"""The stage's own tests, copied for one project: its name of the settings package, and its folder for theirs.

The tests of a stage import `config` and look for the Dockerfile next to their own folder. A learner's package may have
another name, and the tests stay where the learner cannot touch them. So the copy says what is true for the project.
"""

from __future__ import annotations

import re
from pathlib import Path

from companion.project.index import renamed

SETTINGS = re.compile(r"(?<![\w.])config\.settings(?![\w.])")
PLACE = "\0settings\0"  # takes the place of the settings while names are changed
FORGET = re.compile(r"sys\.modules\.pop\((\w+), None\)")
FILE = re.compile(r"(?<![\w.])__file__(?!\w)")
BESIDE = ("Dockerfile", ".dockerignore", "requirements.txt", "manage.py")


def copy_tests(stage: Path, target: Path, package: str, settings: str, project: Path, outer: Path) -> None:
    """Write the stage's `pytest.ini` and `tests/` into `target`.

    `settings` is the module that its manage.py names, `package` the project's name for `config` ("" when its
    settings are next to manage.py), `project` the folder of its manage.py, `outer` the folder above which its
    Dockerfile is not looked for.
    """
    (target / "pytest.ini").write_bytes((stage / "pytest.ini").read_bytes())
    for path in sorted((stage / "tests").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = target / path.relative_to(stage)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".py":
                text = path.read_text(encoding="utf-8")
                home = _home(text, project, outer) / path.relative_to(stage)
                copy.write_text(adapted(text, package, home, settings), encoding="utf-8", newline="")
            else:
                copy.write_bytes(path.read_bytes())


def adapted(text: str, package: str, file: Path, settings: str) -> str:
    """The text of a test that finds itself at `file`, and the module `settings` in `package`.

    If the settings are divided into modules, the tests use the module that manage.py names. A test that has the
    settings read again removes all of these modules from `sys.modules`.
    """
    text = FILE.sub(lambda _: repr(str(file)), text)
    parts = settings.rpartition(".")[0]
    if parts in ("", package):
        return renamed(text, package)
    names = f'm == \\1 or m.startswith("{parts}.")'
    text = FORGET.sub(f"[sys.modules.pop(m, None) for m in list(sys.modules) if {names}]", text)
    return renamed(SETTINGS.sub(PLACE, text), package).replace(PLACE, settings)


def _home(text: str, project: Path, outer: Path) -> Path:
    """The folder, from manage.py's up to `outer`, that has every file which this test looks for."""
    named = [name for name in BESIDE if f'"{name}"' in text]
    folders = [project, *(folder for folder in project.parents if folder == outer or outer in folder.parents)]
    missing = {folder: sum(not (folder / name).exists() for name in named) for folder in folders}
    return min(folders, key=missing.__getitem__)
