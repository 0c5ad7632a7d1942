"""Tests the order in which tests run, so that the first missing thing is reported early, without measuring time."""

import json

import click
import pytest

from companion.chain.stages import find
from companion.learner import last_check, missing, output, standing
from companion.project.locate import Project, locate
from companion.project.reading import compared
from companion.running.run_suite import check, expected
from tests.project.projects import DJANGO, edit

ONE, TWO = "01-dockerfile", "02-user-model"
COUNT = len(expected(find(TWO)))
FAILS = "tests/test_user_model.py::test_str_returns_the_username"
MODELS = "authentication/models.py"
RIGHT, WRONG = (f"return self.{name}\n\n    def get_full" for name in ("username", "email"))
BREAK = {MODELS: {RIGHT: WRONG}}


@pytest.fixture
def look(monkeypatch):
    """Checks a project; returns the result, the tests that each process ran, and what is printed early.

    What is printed early are pairs of a text and the tests that have run before it.
    """
    runs, said = [], []

    def recorded(stage, named, on_result=None, **options):
        ran = []
        runs.append(ran)

        def tell(result):
            ran.append(result.id)
            if on_result:
                on_result(result)

        return check(stage, named, tell, **options)

    def echo(text):
        said.append((click.unstyle(text), sum(runs, [])))

    def look(folder, stage=TWO):
        runs.clear(), said.clear()
        found, _ = output.check_and_tell(folder, find(stage), echo, lambda *result: None)
        return found, list(runs), list(said)

    monkeypatch.setattr(standing, "check", recorded)
    return look


def test_what_failed_last_runs_first_and_alone(look, project):
    """If a project still fails, the second check reports the first thing before it runs the suite."""
    folder = project(TWO, BREAK)
    _, ran, said = look(folder)
    assert (len(ran), said) == (1, [])

    _, ran, ((text, before), (cause, _)) = look(folder)
    assert [len(each) for each in ran] == [1, COUNT]
    assert before == [FAILS]
    assert text.startswith(f"So far, 1 of {COUNT} tests has run:\n\nMissing: `str(user)` is the username")
    assert cause.startswith(f"{MODELS}, line 34, has email, where the stage has username.")


def test_no_more_than_a_few_run_alone(look, project):
    """If much is missing, only the first few tests in the order of the chapter run for the early report."""
    folder = project(ONE)
    (folder / "authentication").mkdir()
    look(folder, ONE)
    last_check.remember(locate(folder), last_check.Last(ONE, expected(find(ONE))))

    assert len(look(folder, ONE)[1][0]) == standing.FIRST


def test_only_the_first_failure_is_explained_at_once(look, project, monkeypatch):
    """Explaining takes seconds, so the other failures are explained after all tests have run."""
    folder = project(ONE, {"Dockerfile": {"USER app": "USER root"}, "requirements.txt": {DJANGO: ""}})
    look(folder, ONE)
    explained, real = [], missing.explain
    monkeypatch.setattr(missing, "explain", lambda failure, *more: explained.append(failure) or real(failure, *more))
    found = look(folder, ONE)[0]

    assert len(explained) == 1
    output.standing(found)
    assert len(explained) == 2
    output.standing(found, every=True)
    assert len(explained) > 2


def test_the_tests_about_the_changed_file_run_first(look, project):
    """If a passing project breaks, the first failure is reported while other tests still run."""
    folder = project(TWO)
    assert look(folder)[2] == []
    edit(folder / MODELS, BREAK[MODELS])
    _, (ran,), ((text, before), _) = look(folder)

    assert before[-1] == FAILS
    assert "\n\nMissing: `str(user)` is the username" in text
    assert len(before) < len(ran) == COUNT
    about = standing._tests_about({MODELS}, find(TWO), compared(find(TWO), locate(folder)))
    assert set(before) <= set(about) == set(ran[: len(about)])


def test_a_fixed_failure_is_forgotten(look, project):
    """If the tests that failed last pass now, the suite runs, and the next check starts without them."""
    folder = project(TWO, BREAK)
    look(folder)
    edit(folder / MODELS, {WRONG: RIGHT})
    found, ran, said = look(folder)

    assert found.report.passed
    assert ([len(each) for each in ran], said) == ([1, COUNT], [])
    assert last_check.recall(locate(folder)).failed == []
    assert len(look(folder)[1]) == 1


def test_another_stage_does_not_begin_with_what_failed_in_this_one(look, project):
    """Another stage has other tests, or requires something else."""
    folder = project(TWO, BREAK)
    look(folder)

    assert [len(each) for each in look(folder, ONE)[1]] == [len(expected(find(ONE)))]


def test_nothing_is_written_into_the_project(look, project):
    """The result of the last check is stored in the tutorial's folder, and can be deleted or damaged at any time."""
    folder = project(TWO, BREAK)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    look(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before

    (kept,) = last_check.FOLDER.iterdir()
    for content in ("{", "[]", json.dumps({"other": 1})):
        kept.write_text(content)
        assert len(look(folder)[1]) == 1


def test_the_oldest_results_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(last_check, "MOST", 2)
    for name in "abc":
        last_check.remember(Project(tmp_path / name, tmp_path / name), last_check.Last(name))

    assert len(list(last_check.FOLDER.iterdir())) == 2
    assert last_check.recall(Project(tmp_path / "c", tmp_path / "c")).stage == "c"


def test_the_first_failure_is_printed_once(project, run):
    """`check` prints the first thing, then the whole result; `--all` and `--json` print everything at the end."""
    folder = project(TWO, BREAK)
    run("check", folder)
    status, out, _ = run("check", folder)
    so_far, stage, rest = out.partition(f"Stage {TWO}: A user of our own\n")

    assert status == 1
    assert so_far.startswith(f"So far, 1 of {COUNT} tests has run:\n\nMissing: ")
    assert f"\n  Open: {folder}/{MODELS}:34\n" in so_far
    assert rest.startswith(f"  tests  [#############################.] {COUNT - 1} of {COUNT}\n")
    assert "Missing: " not in rest
    for option in ("--all", "--json"):
        assert "So far" not in run("check", folder, option)[1]
