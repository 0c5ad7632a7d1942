"""Fixtures for the tests of several rooms: small chains of stages, and projects as learners have them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from companion.chain import address
from companion.chain.changes import changes
from companion.chain.stages import find, previous
from companion.cli import main
from companion.learner import last_check, standing
from companion.project.results import PASSED, Report, Result
from companion.running.run_suite import check, expected
from tests.project.projects import typed


@pytest.fixture
def chain(tmp_path):
    """Writes stages: `chain({"01-a": {"f.py": "text"}, …})`. Returns the root folder."""

    def chain(stages: dict[str, dict[str, str | bytes]]) -> Path:
        for stage, contents in stages.items():
            folder = tmp_path / "final" if stage == "final" else tmp_path / "steps" / stage
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, content in contents.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return chain


@pytest.fixture
def difference(chain):
    """Returns the changes from one set of files to another, as between two stages."""

    def difference(old: dict, new: dict):
        root = chain({"01-old": old, "02-new": new})
        stage = find("02-new", root)
        return changes(stage, previous(stage, root))

    return difference


@pytest.fixture
def run(capsys):
    """Runs the command line, and returns exit status, stdout and stderr."""

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def git(tmp_path):
    """Runs git in the root folder of `chain`."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    return git


@pytest.fixture(autouse=True)
def nothing_is_served(monkeypatch):
    """Keeps a running `serve` on this machine from changing what a test sees."""
    monkeypatch.setattr(address, "SERVED", Path(os.devnull))
    monkeypatch.setenv("TUTORIAL_SERVED", os.devnull)
    monkeypatch.delenv("SITE_URL", raising=False)


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch, tmp_path):
    """Keeps the result of an earlier check of a project with the same name from changing what a test sees."""
    monkeypatch.setattr(last_check, "FOLDER", tmp_path.with_name(f"{tmp_path.name}-memory"))


@pytest.fixture
def project(tmp_path):
    """Copies a stage as a learner would have typed it, without its tests: `project("04-…")` returns the folder.

    `edits` maps a path to `{old: new}`, the texts to replace; to None, which removes the file; or to its new text.
    """

    def project(stage, edits=None, name="mine"):
        return typed(stage, tmp_path / name, edits)

    return project


@pytest.fixture
def every_test_passes(monkeypatch):
    """A check runs nothing, and reports that every test has passed."""

    def passing(stage, project, *rest, **options):
        return Report(stage.name, str(project.outer), [Result(ident, PASSED, "", "") for ident in expected(stage)])

    monkeypatch.setattr(standing, "check", passing)


@pytest.fixture
def checked(project):
    """Returns the report of checking a stage, with these edits, by its own tests or those of another stage."""

    def checked(stage, edits=None, by=None, **options):
        return check(find(by or stage), project(stage, edits), **options)

    return checked
