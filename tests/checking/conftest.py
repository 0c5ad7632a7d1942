"""What the tests of the checker share: projects made from the real stages, as learners would have them."""

import shutil

import pytest

from companion.checking.check import check
from companion.stages import files, find


@pytest.fixture
def project(tmp_path):
    """Copies a stage as a learner would have typed it, without its tests: `project("04-…")` returns the folder.

    `edits` are pairs: a path, and the texts to replace, `{old: new}`; None in their place removes the file, and a
    text writes it anew.
    """

    def project(stage, edits=None, name="mine"):
        folder = tmp_path / name
        for file, path in files(find(stage)).items():
            if not file.startswith("tests/"):
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, folder / file)
        for file, change in (edits or {}).items():
            edit(folder / file, change)
        return folder

    return project


def edit(path, change):
    """Change one file of a project; what is to be replaced has to be there."""
    if change is None:
        path.unlink()
    elif isinstance(change, str):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(change)
    else:
        text = path.read_text()
        for old, new in change.items():
            assert old in text, f"{path.name} has no {old!r}"
            text = text.replace(old, new)
        path.write_text(text)


@pytest.fixture
def checked(project):
    """The report of checking a stage, with these edits, by its own tests or those of another stage."""

    def checked(stage, edits=None, by=None, **options):
        return check(find(by or stage), project(stage, edits), **options)

    return checked
