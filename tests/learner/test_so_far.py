"""Tests the order in which tests run, so that the first missing thing is reported early, without measuring time."""

import json

import click
import pytest

from companion.chain.stages import find
from companion.cli import main
from companion.learner import last_check, missing, output, standing
from companion.learner.standing import find_standing
from companion.project.locate import locate
from companion.project.reading import compared
from companion.running.run_suite import check, expected
from tests.project.projects import DJANGO, edit

TWO = "02-user-model"
FAILS = "tests/test_user_model.py::test_str_returns_the_username"
BREAK = {
    "authentication/models.py": {"return self.username\n\n    def get_full": "return self.email\n\n    def get_full"}
}
FIX = {
    "authentication/models.py": {"return self.email\n\n    def get_full": "return self.username\n\n    def get_full"}
}


@pytest.fixture
def runs(monkeypatch):
    """Returns the tests that each process ran, in order, and what was reported when."""
    happened = []

    def recorded(stage, named, on_result=None, limit=standing.LIMIT, **options):
        ran = []
        happened.append(ran)

        def tell(result):
            ran.append(result.id)
            if on_result:
                on_result(result)

        return check(stage, named, tell, limit, **options)

    monkeypatch.setattr(standing, "check", recorded)
    return happened


@pytest.fixture
def look(runs):
    """Checks a project; returns the result, the runs, and the early report with the number of tests before it."""

    def look(folder, stage=TWO):
        runs.clear()
        said = []
        found = find_standing(
            folder, find(stage), on_first=lambda early: said.append((click.unstyle(output.first(early)), sum(runs, [])))
        )
        return found, list(runs), said

    return look


def changed(folder, edits):
    for name, texts in edits.items():
        edit(folder / name, texts)


def test_what_failed_last_runs_first_and_alone(look, project):
    """If a project still fails, the second check reports the first thing before it runs the suite."""
    folder = project(TWO, BREAK)
    found, ran, said = look(folder)
    assert (len(ran), said) == (1, [])

    found, ran, said = look(folder)
    assert [len(each) for each in ran] == [1, len(expected(find(TWO)))]
    ((text, before),) = said
    assert before == [FAILS]
    assert text.startswith(
        f"So far, 1 of {len(expected(find(TWO)))} tests has run:\n\nMissing: `str(user)` is the username"
    )


def test_no_more_than_a_few_run_alone(look, project):
    """If much is missing, only the first few tests in the order of the chapter run for the early report."""
    folder = project("01-dockerfile")
    (folder / "authentication").mkdir()
    look(folder, "01-dockerfile")
    last = last_check.recall(locate(folder))
    last_check.remember(locate(folder), last_check.Last(last.stage, expected(find(last.stage))))

    assert len(look(folder, "01-dockerfile")[1][0]) == standing.FIRST


def test_only_the_first_failure_is_explained_at_once(look, project, monkeypatch):
    """Explaining takes seconds, so the other failures are explained after all tests have run."""
    folder = project("01-dockerfile", {"Dockerfile": {"USER app": "USER root"}, "requirements.txt": {DJANGO: ""}})
    look(folder, "01-dockerfile")
    explained = []
    real = missing.explain
    monkeypatch.setattr(missing, "explain", lambda failure, *more: explained.append(failure) or real(failure, *more))
    counts = []

    def so_far(early):
        output.first(early), output.first_cause(early)
        counts.append(len(explained))

    found = find_standing(folder, find("01-dockerfile"), on_first=so_far)
    assert counts == [1]
    output.standing(found)
    assert len(explained) == 2
    output.standing(found, every=True)
    assert len(explained) > 2


def test_the_tests_about_the_changed_file_run_first(look, project):
    """If a passing project breaks, the first failure is reported while other tests still run."""
    folder = project(TWO)
    assert look(folder)[2] == []
    changed(folder, BREAK)
    found, (ran,), said = look(folder)

    ((text, before),) = said
    assert before[-1] == FAILS
    assert "\n\nMissing: `str(user)` is the username" in text
    assert len(before) < len(ran) == len(expected(find(TWO)))
    about = standing._tests_about({"authentication/models.py"}, find(TWO), compared(find(TWO), locate(folder)))
    assert set(before) <= set(about)
    assert set(ran[: len(about)]) == set(about)


def test_a_fixed_failure_is_forgotten(look, project):
    """If the tests that failed last pass now, the suite runs, and the next check starts without them."""
    folder = project(TWO, BREAK)
    look(folder)
    changed(folder, FIX)
    found, ran, said = look(folder)

    assert found.report.passed
    assert ([len(each) for each in ran], said) == ([1, len(expected(find(TWO)))], [])
    assert last_check.recall(locate(folder)).failed == []
    assert len(look(folder)[1]) == 1


def test_another_stage_does_not_begin_with_what_failed_in_this_one(look, project):
    """Another stage has other tests, or requires something else."""
    folder = project(TWO, BREAK)
    look(folder)

    assert [len(each) for each in look(folder, "01-dockerfile")[1]] == [len(expected(find("01-dockerfile")))]


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
    """The oldest results are deleted."""
    monkeypatch.setattr(last_check, "MOST", 2)
    for name in ("a", "b", "c"):
        last_check.remember(standing.Project(tmp_path / name, tmp_path / name), last_check.Last(name))

    assert len(list(last_check.FOLDER.iterdir())) == 2
    assert last_check.recall(standing.Project(tmp_path / "c", tmp_path / "c")).stage == "c"


def test_the_first_failure_is_printed_once(project, capsys):
    """`check` prints the first thing, then the whole result; `--all` and `--json` print everything at the end."""
    folder = str(project(TWO, BREAK))
    main(["check", folder])
    capsys.readouterr()
    assert main(["check", folder]) == 1
    out = capsys.readouterr().out
    count = len(expected(find(TWO)))
    so_far, stage, rest = out.partition(f"Stage {TWO}: A user of our own\n")

    assert so_far.startswith(f"So far, 1 of {count} tests has run:\n\nMissing: ")
    assert f"\n  Open: {folder}/authentication/models.py:34\n" in so_far
    assert rest.startswith(f"  tests  [#############################.] {count - 1} of {count}\n")
    assert "Missing: " not in rest
    for option in ("--all", "--json"):
        main(["check", folder, option])
        assert "So far" not in capsys.readouterr().out
