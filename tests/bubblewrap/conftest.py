"""Fixtures for the tests of grading. They need bubblewrap: without it they fail, and nothing is skipped."""

import textwrap
from pathlib import Path

import pytest

from companion.chain.stages import find
from companion.grading.grade import grade_one
from companion.grading.submissions import Submission, kind
from companion.grading.testing import suite_of
from companion.sandbox import bubblewrap
from companion.sandbox.bubblewrap import Limits


@pytest.fixture(scope="session", autouse=True)
def sandbox():
    """The sandbox of this machine; without one, every test fails with the message that says what to do."""
    return bubblewrap.find()


@pytest.fixture
def tried(grade, project):
    """Grades a project with code appended to its settings, or to several files: `tried({path: code}, seconds=10)`.

    The project is stage 07, which has no URLs yet: without cheating it passes no test.
    """

    def tried(appended: str | dict[str, str], **limits):
        folder = project("07-views")
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
        return grade_one(Submission(path, kind(path)), suites[key])

    return grade
