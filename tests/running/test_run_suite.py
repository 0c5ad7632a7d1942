"""One suite on one project: what is reported, and that only a complete run can pass."""

import json
import sqlite3
from contextlib import closing

import pytest

from companion.chain.stages import find, stages
from companion.project.results import MISSING, PASSED, TIMEOUT
from companion.running.run_suite import check, expected
from tests.project.projects import DJANGO

FIRST = stages()[0].name
SECOND = stages()[1].name


def failures(report):
    return {result.id.rpartition("::")[2]: result for result in report.results if result.outcome != PASSED}


def test_a_project_that_is_right_passes(checked):
    """Every test of the stage is reported, in the suite's order, as passed."""
    report = checked("07-views")

    assert report.finding is None
    assert failures(report) == {}
    assert [result.id for result in report.results] == expected(find("07-views"))
    assert report.count == len(report.results) > 100
    assert report.passed


def test_nothing_is_written_into_the_project(project):
    """A check leaves no cache, no bytecode and no database behind. It passes each result on at once."""
    folder, seen = project(SECOND), []
    before = sorted(folder.rglob("*"))
    report = check(find(SECOND), folder, on_result=seen.append)

    assert report.passed
    assert seen == report.results
    assert sorted(folder.rglob("*")) == before


def test_migrations_that_were_applied_too_early_are_a_finding(project):
    """A database that was migrated before there was a user model is only read, and the tests run."""
    folder = project(SECOND)
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        database.execute("CREATE TABLE django_migrations AS SELECT 'admin' AS app, '0001_initial' AS name")
    report = check(find(SECOND), folder)

    wrong = "admin.0001_initial before authentication.0001_initial"
    assert (report.finding.type, report.finding.message) == ("InconsistentMigrationHistory", wrong)
    assert report.count == len(report.results)


def test_the_learners_own_files_are_read(checked):
    """A test that reads the Dockerfile reads the learner's, although the test itself is in the stage."""
    report = checked(FIRST, {"Dockerfile": {"USER app": "USER root"}, "requirements.txt": {DJANGO: ""}})

    assert set(failures(report)) == {
        "test_the_image_does_not_run_as_root",
        "test_the_user_owns_a_data_directory",
        "test_every_requirement_is_pinned",
    }
    assert report.count == len(report.results) - 3


def test_a_failure_has_requirement_comparison_and_line(checked):
    """A failed test has its requirement, its hint, both sides of the comparison, and the learner's line."""
    report = checked("05-authentication-backend", {"authentication/tokens.py": {"str(user.pk)": "user.pk"}})

    result = failures(report)["test_a_user_has_a_token"]
    assert result.requirement == "`user.token` is a signed token, as a string, that identifies this user."
    assert result.hint == "`issue_token` signs the claims with `jwt.encode`, which returns a `str`."
    assert result.failure.type == "InvalidSubjectError"
    assert (result.failure.place.file, result.failure.place.line) == ("authentication/tokens.py", 32)
    assert result.failure.place.code == "return jwt.decode("
    assert [place.function for place in result.failure.places] == ["read_token"]
    assert result.failure.test.file == "tests/test_tokens.py"
    assert "InvalidSubjectError: Subject must be a string" in result.failure.traceback
    assert str(find("05-authentication-backend").path / "tests/test_tokens.py") in result.failure.traceback
    assert "_pytest" not in result.failure.traceback


def test_both_sides_of_a_comparison_are_kept(checked):
    """The expected and the actual value are kept apart, as `repr`."""
    report = checked(SECOND, {"authentication/models.py": {"return self.username": "return self.email"}})

    failure = failures(report)["test_str_returns_the_username"].failure
    assert (failure.wanted, failure.came) == ("'ada'", "'ada@example.com'")


def test_a_test_that_hangs_is_a_timeout_and_the_others_still_run(checked):
    """An endless loop fails one test, which says where it hung."""
    loop = {"return self.username\n\n    def get_short": "while True:\n            pass\n\n    def get_short"}
    report = checked(SECOND, {"authentication/models.py": loop}, limit=2)

    (result,) = failures(report).values()
    assert result.outcome == TIMEOUT
    assert result.id.endswith("::test_the_full_and_the_short_name_are_the_username")
    assert result.failure.place.file == "authentication/models.py"
    assert result.failure.place.line in (37, 38)  # in the loop's head or body
    assert report.count == len(report.results) - 1
    assert not report.passed


@pytest.mark.parametrize(
    ("code", "type_"),
    [
        ("while True: pass", "Timeout"),
        ("import os; os._exit(0)", "CutOff"),
        ("raise SystemExit(0)", "SystemExit"),
        ("import sys; sys.exit()", "SystemExit"),
    ],
)
def test_settings_that_hang_or_exit_are_a_finding(checked, code, type_):
    """A project that hangs or exits while it is loaded passes no test."""
    report = checked(FIRST, {"config/settings.py": {"DEBUG = True": code}}, limit=2)

    assert report.finding.type == type_
    assert report.finding.phase == "settings"
    assert {result.outcome for result in report.results} == {MISSING}
    assert not report.passed


def test_a_run_that_is_cut_off_does_not_pass(checked):
    """If the project ends the process during the tests, only tests that were reported have passed."""
    report = checked(FIRST, {"config/wsgi.py": "import os\nos._exit(0)\n"})

    assert (report.finding.type, report.finding.phase) == ("CutOff", "test")
    assert report.finding.name == "tests/test_project.py::test_gunicorn_can_load_the_project"
    assert failures(report)["test_gunicorn_can_load_the_project"].outcome == MISSING
    assert 0 < report.count < len(report.results) - 1


def test_a_broken_file_stops_only_its_own_tests(checked):
    """If a module is broken, the tests that import it are missing, with the reason; the others run."""
    report = checked("06-serializers", {"authentication/serializers.py": {"class LoginSerializer(": "class Login("}})

    lost = [result for result in report.results if result.outcome == MISSING]
    assert {result.id.partition("::")[0] for result in lost} == {"tests/test_login_serializer.py"}
    assert lost[0].failure.type == "ImportError"
    assert lost[0].requirement
    assert report.count == len(report.results) - len(lost) > 100


def test_what_the_project_prints_is_kept_apart(checked):
    """What the project prints is not part of the results, even if it looks like them."""
    line = json.dumps({"event": "end", "status": 0})
    report = checked(FIRST, {"config/settings.py": {"DEBUG = True": f"print({line!r}, flush=True); DEBUG = True"}})

    assert report.passed
    assert line in report.output


def test_a_report_can_be_written_as_json(checked):
    """The JSON report for editors has everything."""
    report = checked(FIRST, {"Dockerfile": {"USER app": "USER root"}})

    facts = json.loads(json.dumps(report.as_dict()))
    assert facts["passed"] is False
    assert facts["stage"] == FIRST
    failed = [result["failure"] for result in facts["results"] if result["failure"]]
    assert [failure["came"] for failure in failed] == ["'root'", "'--owner=root'"]


def test_only_some_tests_run(checked):
    """With `only`, the report has just these tests, and passes if they pass."""
    ids = expected(find(SECOND))
    only = [ids[-1], ids[0]]
    report = checked(SECOND, {"Dockerfile": {"USER app": "USER root"}}, only=only)

    assert [(result.id, result.outcome) for result in report.results] == [(ids[0], PASSED), (ids[-1], PASSED)]
    assert report.passed
