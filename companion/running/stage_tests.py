"""Copies a stage's tests, and adapts the copy to the names and folders of one project.

The tests import `config` and look for the Dockerfile next to their own folder. In a learner's project, that package
may have another name, and the tests are outside of the project, where the learner can't change them.
"""

from __future__ import annotations

import re
from pathlib import Path

from companion.project.index import with_package

SETTINGS = re.compile(r"(?<![\w.])config\.settings(?![\w.])")
PLACE = "\0settings\0"  # placeholder for the settings while other names are replaced
FORGET = re.compile(r"sys\.modules\.pop\((\w+), None\)")
FILE = re.compile(r"(?<![\w.])__file__(?!\w)")
BESIDE = ("Dockerfile", ".dockerignore", "requirements.txt", "manage.py")


def copy_tests(stage: Path, target: Path, package: str, settings: str, project: Path, outer: Path) -> None:
    """Writes the stage's `pytest.ini` and `tests/` into `target`.

    `settings` is the module that manage.py names. `package` is the project's name for `config`, or "" if its settings
    are next to manage.py. `project` is the folder of manage.py, `outer` the highest folder that can have a Dockerfile.
    """
    (target / "pytest.ini").write_bytes((stage / "pytest.ini").read_bytes())
    for path in sorted((stage / "tests").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = target / path.relative_to(stage)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".py":
                text = path.read_text(encoding="utf-8")
                home = _home(text, project, outer) / path.relative_to(stage)
                copy.write_text(adapt(text, package, home, settings), encoding="utf-8", newline="")
            else:
                copy.write_bytes(path.read_bytes())


def adapt(text: str, package: str, file: Path, settings: str) -> str:
    """Returns the text of a test with its `__file__` replaced by `file`, and `config` by `package`.

    If the settings are split into modules, the test uses the module `settings`, and a test that reloads the settings
    removes all of these modules from `sys.modules`.
    """
    text = FILE.sub(lambda _: repr(str(file)), text)
    parts = settings.rpartition(".")[0]
    if parts in ("", package):
        return with_package(text, package)
    names = f'm == \\1 or m.startswith("{parts}.")'
    text = FORGET.sub(f"[sys.modules.pop(m, None) for m in list(sys.modules) if {names}]", text)
    return with_package(SETTINGS.sub(PLACE, text), package).replace(PLACE, settings)


def _home(text: str, project: Path, outer: Path) -> Path:
    """Returns the folder, from that of manage.py up to `outer`, that has most of the files which this test reads."""
    named = [name for name in BESIDE if f'"{name}"' in text]
    folders = [project, *(folder for folder in project.parents if folder == outer or outer in folder.parents)]
    missing = {folder: sum(not (folder / name).exists() for name in named) for folder in folders}
    return min(folders, key=missing.__getitem__)
