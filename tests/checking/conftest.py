"""What the tests of the checker share: projects made from the real stages, as learners would have them."""

import os
from pathlib import Path

import pytest

from companion.chain import address
from companion.chain.stages import find
from companion.running.run_suite import check
from tests.checking.projects import typed


@pytest.fixture(autouse=True)
def nothing_is_served(monkeypatch):
    """Whether the tutorial is being read on this machine does not change what a test sees."""
    monkeypatch.setattr(address, "SERVED", Path(os.devnull))
    monkeypatch.setenv("TUTORIAL_SERVED", os.devnull)
    monkeypatch.delenv("SITE_URL", raising=False)


@pytest.fixture
def project(tmp_path):
    """Copies a stage as a learner would have typed it, without its tests: `project("04-…")` returns the folder.

    `edits` are pairs: a path, and the texts to replace, `{old: new}`; None in their place removes the file, and a
    text writes it anew.
    """

    def project(stage, edits=None, name="mine"):
        return typed(stage, tmp_path / name, edits)

    return project


@pytest.fixture
def checked(project):
    """The report of checking a stage, with these edits, by its own tests or those of another stage."""

    def checked(stage, edits=None, by=None, **options):
        return check(find(by or stage), project(stage, edits), **options)

    return checked
