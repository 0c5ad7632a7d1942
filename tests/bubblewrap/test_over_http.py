"""Honest submissions: correct ones pass, and wrong ones fail with a reason."""

import os
import socket

import pytest

from companion.chain.stages import find, stages
from companion.grading import gradebooks
from companion.grading.testing import _http_tester, has_http_tests, suite_of
from companion.grading.verdicts import Verdict
from companion.sandbox.bubblewrap import Limits

VIEWS = "authentication/views.py"
SERVED = [stage.name for stage in stages() if has_http_tests(stage)]
FIRST = "tests/test_http.py::test_register_log_in_and_fetch_the_user"
TESTS = suite_of(find("08-urls"), Limits()).tests


@pytest.mark.parametrize("stage", SERVED)
def test_each_stage_passes_its_own_tests(grade, project, stage):
    result = grade(project(stage), stage)

    failures = {id_: outcome.message for id_, outcome in result.outcomes.items() if outcome.outcome != "passed"}
    assert (result.verdict, result.why, failures) == (Verdict.PASSED, "", {})
    assert result.passed == result.expected == len(result.outcomes) > 15
    assert result.proof is True


def test_the_stage_before_fails_every_test_that_needs_a_url(grade, project):
    result = grade(project("07-views"))

    assert (result.verdict, result.passed, result.expected) == (Verdict.FAILED, 0, len(TESTS))
    assert result.outcomes[FIRST].cause == "POST /api/registration: got 404 Not Found."
    assert gradebooks.first_failure(result, TESTS)[1] == (
        "Every request got 404, first POST /api/registration: the project has none of the API's URLs."
    )


def test_a_project_with_another_name_and_layout_passes(grade, project, tmp_path):
    folder = project("08-urls")
    (folder / "config").rename(folder / "mysite")
    for path in [folder / "manage.py", *(folder / "mysite").glob("*.py")]:
        path.write_text(path.read_text().replace("config.", "mysite."))
    outer = tmp_path / "outer"
    outer.mkdir()
    folder.rename(outer / "backend")

    assert grade(outer).verdict is Verdict.PASSED


def test_manage_py_is_run_not_read(grade, project):
    """The grader and `check` load a project in the same way, with the settings that its manage.py sets."""
    manage = """
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = ".".join(["config", "settings"])
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""

    assert grade(project("08-urls", {"manage.py": manage})).verdict is Verdict.PASSED


@pytest.mark.parametrize(("old", "new", "said"), [
    ("status.HTTP_201_CREATED", "status.HTTP_200_OK", "POST /api/registration: expected 201, got 200."),
    ('{"token": token}', '{"token": token, "is_staff": False}',
     "POST /api/registration (201): expected ['token'], got ['token', 'is_staff']."),
    ("serializer.save()", "serializer.nonsense()",
     "POST /api/registration: expected JSON, got 500 with 'text/html; charset=utf-8'."),
])  # fmt: skip
def test_first_failure_says_what_came_back(grade, project, old, new, said):
    result = grade(project("08-urls", {VIEWS: {old: new}}))

    assert result.outcomes[FIRST].cause == said
    assert gradebooks.first_failure(result, TESTS)[1] == said
    assert "object at 0x" not in result.outcomes[FIRST].message


def test_one_mistake_fails_only_the_tests_that_check_it(grade, project):
    result = grade(project("08-urls", {VIEWS: {"no-store": "public"}}))

    cached = "tests/test_http.py::test_responses_with_a_token_are_not_cached"
    assert result.verdict is Verdict.FAILED
    assert [id_ for id_, outcome in result.outcomes.items() if outcome.outcome != "passed"] == [cached]
    assert "'public' == 'no-store'" in result.outcomes[cached].message
    assert result.points() == round(100 * (result.expected - 1) / result.expected, 2)


@pytest.mark.parametrize(("path", "text", "why"), [
    ("config/settings.py", "import nonsense", "config/settings.py, line 1: ModuleNotFoundError: No module named 'nonsense'"),
    ("authentication/models.py", "class User(", "authentication/models.py, line 1: SyntaxError: '(' was never closed"),
    ("manage.py", "print('hello')", "LookupError: manage.py does not say which settings to use (DJANGO_SETTINGS_MODULE)"),
    ("config/urls.py", "urlpatterns = [nothing]", "config/urls.py, line 1: NameError: name 'nothing' is not defined"),
])  # fmt: skip
def test_what_keeps_a_project_from_starting_is_said(grade, project, path, text, why):
    result = grade(project("08-urls", {path: text}))

    assert (result.verdict, result.why) == (Verdict.NOT_STARTED, why)
    assert (result.passed, result.points()) == (0, 0)


def test_a_project_may_print_and_write_into_its_own_folder(grade, project):
    write = "\nprint('hello instructor')\n(BASE_DIR / 'debug.log').write_text('log')\n"
    folder = project("08-urls", {"config/settings.py": {"\nROOT_URLCONF": f"{write}ROOT_URLCONF"}})
    result = grade(folder)

    assert result.verdict is Verdict.PASSED
    assert "hello instructor" in result.output
    assert not (folder / "debug.log").exists()


def test_before_the_api_answers_the_whole_suite_runs_and_proves_nothing(grade, project):
    result = grade(project("03-user-manager"), "03-user-manager")

    assert (result.verdict, result.why, result.proof) == (Verdict.PASSED, "", False)
    assert result.passed == result.expected > 60


def test_before_the_api_answers_a_mistake_is_found(grade, project):
    result = grade(project("02-user-model"), "03-user-manager")

    assert result.verdict is Verdict.FAILED
    assert 0 < result.passed < result.expected


def test_the_tester_ends_with_the_grader(tmp_path):
    """If the grader is killed, the submission ends with it, and nobody reads what the tester sends."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.listen()
        channel = _http_tester(find("08-urls"), str(tmp_path / "socket"))
        asking, _ = listening.accept()
    with asking:
        os.close(channel.descriptor)
    assert channel.process.wait(8) == 1  # seconds, less than it waits for a response
