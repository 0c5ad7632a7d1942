"""Fixtures for the tests of grading. They need bubblewrap: without it they fail, and nothing is skipped."""

import shutil
import textwrap
from pathlib import Path

import pytest

from companion.chain.stages import files, find
from companion.grading.grade import Task, grade_one, suite_of
from companion.grading.journal import Key
from companion.grading.submissions import Submission, kind
from companion.sandbox import bubblewrap
from companion.sandbox.job import Limits


@pytest.fixture(scope="session", autouse=True)
def sandbox():
    """The sandbox of this machine; without one, every test fails with the message that says what to do."""
    return bubblewrap.find()


@pytest.fixture
def project(tmp_path):
    """Copies a stage and changes files: `project("08-urls", {"config/urls.py": "text"})`; None removes a file.

    A tuple has pairs of a text and its replacement: `(old, new, old, new)`.
    """

    def project(stage: str, changes: dict[str, str | None | tuple[str, ...]] | None = None, name="submission") -> Path:
        folder = tmp_path / name
        for path, source in files(find(stage)).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / path)
        for path, text in (changes or {}).items():
            if text is None:
                (folder / path).unlink()
            elif isinstance(text, tuple):
                content = (folder / path).read_text()
                for old, new in zip(text[::2], text[1::2], strict=True):
                    assert old in content
                    content = content.replace(old, new)
                (folder / path).write_text(content)
            else:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)
        return folder

    return project


@pytest.fixture
def tried(grade, project):
    """Grades a project with code appended to its settings, or to several files: `tried({path: code}, seconds=10)`.

    The project is stage 06, which has no URLs yet: without cheating it passes no test.
    """

    def tried(appended: str | dict[str, str], stage: str = "07-views", **limits):
        folder = project(stage)
        for path, code in ({"config/settings.py": appended} if isinstance(appended, str) else appended).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with (folder / path).open("a") as file:
                file.write(f"\n{textwrap.dedent(code)}\n")
        return grade(folder, **limits)

    return tried


@pytest.fixture
def grade():
    """Grades one folder or file with a stage: `grade(folder, "08-urls", seconds=10)`."""
    suites = {}

    def grade(path: Path, stage: str = "08-urls", **limits):
        key = (stage, tuple(limits.items()))
        suites[key] = suites.get(key) or suite_of(find(stage), Limits(**limits))
        return grade_one(Task(Submission(path, kind(path)), suites[key], Key(path.name, "", "")))

    return grade
