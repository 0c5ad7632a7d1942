"""The learner's commands: what is printed, the exit status, and how a stage is chosen."""

import json
import re

import click
import pytest

from companion.chain.command_line import line
from companion.chain.stages import find, stages
from companion.learner import output
from companion.learner.standing import find_standing
from companion.learner.watch import Watching
from companion.running.run_suite import expected
from tests.hosts import made_up
from tests.project.projects import DJANGO

TWO = "02-user-model"
ALL = len(expected(find(TWO)))  # how many
WRONG = {
    "authentication/models.py": {"return self.username\n\n    def get_full": "return self.email\n\n    def get_full"}
}
START = f"\nTo open that page, start the tutorial in another window:\n  {line('serve')}\n"


def bar(done, of):
    return click.unstyle(output.bar(done, of))


def test_a_stage_that_passes(run, project):
    """The exit status is 0, the bars show how many stages are done, and the next stage is named."""
    status, out, err = run("check", project(TWO))

    assert (status, err) == (0, "")
    assert out == (
        "Stage 02-user-model: A user of our own\n"
        f"  tests  [##############################] {ALL} of {ALL}\n"
        f"  stages {bar(2, len(stages()))} 2 of {len(stages())}\n"
        "\n"
        "Done. Next comes 03-user-manager: A manager that makes users\n"
        "  Read: http://127.0.0.1:8001/chapters/03-user-manager/\n"
        f"{START}"
    )


def test_the_first_thing_that_is_missing(run, project):
    """The requirement, the cause, the line to open and the step to read are printed; the exit status is 1."""
    folder = project(TWO, WRONG)
    status, out, err = run("check", "--stage", "2", folder)

    assert (status, err) == (1, "")
    assert out == (
        "Stage 02-user-model: A user of our own\n"
        f"  tests  [#############################.] {ALL - 1} of {ALL}\n"
        f"  stages {bar(1, len(stages()))} 1 of {len(stages())}\n"
        "\n"
        "Missing: `str(user)` is the username, which the shell and the admin show.\n"
        "\n"
        "authentication/models.py, line 34, has email, where the stage has username.\n"
        "This causes: expected 'ada', got 'ada@example.com'.\n"
        "Write: return self.username\n"
        "\n"
        f"  Open: {folder}/authentication/models.py:34\n"
        "  Read: http://127.0.0.1:8001/chapters/02-user-model/#step-authentication-models-py-user-str\n"
        f"{START}"
    )


def test_the_path_to_open_is_short_where_it_can_be(run, project, monkeypatch):
    """In the current folder the path is relative, as editors accept it. Without a hint, `--hint` says where to look."""
    monkeypatch.chdir(project(TWO, WRONG).parent)
    out = run("check", "--hint", "--stage", "2", "mine")[1]

    assert "\n  Open: mine/authentication/models.py:34\n" in out
    assert "  Hint: there is none for this; the chapter's step says how.\n" in out


def test_more_than_one_thing(run, project):
    """Only the first thing is printed, and the others are counted; `--all` prints every one."""
    folder = project("01-dockerfile", {"Dockerfile": {"USER app": "USER root"}, "requirements.txt": {DJANGO: ""}})

    out = run("check", folder)[1]
    assert out.count("Missing: ") == 1
    assert out.endswith(f"  Hint: --hint\n\n2 more are missing: --all shows them.\n{START}")
    out = run("check", "--all", folder)[1]
    assert out.count("Missing: ") == 2
    assert out.count("\n  2 tests wait for this.") == 1
    assert "--all" not in out


def test_a_hint_and_a_traceback_come_when_asked_for(run, project):
    """`--hint` prints the docstring's second paragraph, `--traceback` the traceback."""
    folder = project("01-dockerfile", {"requirements.txt": {DJANGO: ""}})

    out = run("check", "--hint", folder)[1]
    assert "  Hint: Write `package==1.2.3`. Without a version, a later installation can get other packages." in out
    assert "Traceback" not in out
    assert "Traceback (most recent call last):" in run("check", "--traceback", folder)[1]


def test_json_for_editors(run, project):
    """`--json` prints the same as one object, with the whole report."""
    status, out, err = run("check", "--json", "--stage", "2", project(TWO, WRONG))

    facts = json.loads(out)
    assert (status, err) == (1, "")
    assert (facts["stage"], facts["passed"], facts["stages_done"], facts["next"]) == (TWO, False, 1, "03-user-manager")
    assert (facts["tests"], facts["tests_passed"]) == (ALL, ALL - 1)
    assert facts["missing"] == [
        {
            "test": "tests/test_user_model.py::test_str_returns_the_username",
            "requirement": "`str(user)` is the username, which the shell and the admin show.",
            "hint": "",
            "sentence": "authentication/models.py, line 34, has email, where the stage has username.",
            "remedy": "This causes: expected 'ada', got 'ada@example.com'.\nWrite: return self.username",
            "file": "authentication/models.py",
            "line": 34,
            "read": "http://127.0.0.1:8001/chapters/02-user-model/#step-authentication-models-py-user-str",
        }
    ]
    assert facts["serve"] == line("serve")
    assert len(facts["report"]["results"]) == ALL


def test_without_a_stage_the_project_says_how_far_it_is(run, project):
    """A project in which a test of an earlier stage fails is at that stage, whatever it has begun."""
    method = "__str__(self):\n        return self."
    email = {"authentication/models.py": {f"{method}username": f"{method}email"}}
    status, out, _ = run("check", project("05-authentication-backend", email))

    assert status == 1
    assert out.startswith("Stage 02-user-model: A user of our own\n")
    count = len(expected(find("05-authentication-backend")))
    assert f" {count - 1} of {count} in 05-authentication-backend\n" in out


def test_a_stage_that_was_begun_is_the_one_that_is_checked(project):
    """A stage is begun if the project has one of its functions."""
    folder = project(TWO)
    (folder / "authentication/managers.py").write_text("class UserManager:\n    pass\n")

    assert str(find_standing(folder).stage) == "03-user-manager"


@pytest.mark.parametrize("edits", [
    {"config/settings.py": {"from pathlib import Path\n": "from pathlib import Path\n\nimport environ\n\nenv = environ.Env()\n"}},
    {
        "config/settings.py": {"# SECURITY WARNING: don't": "JWT_SIGNING_KEY = 'j' * 40\n\n# SECURITY WARNING: don't"},
        "authentication/tokens.py": {"settings.SECRET_KEY": "settings.JWT_SIGNING_KEY"},
    },
], ids=["begun", "half a step further"])  # fmt: skip
def test_stages_that_were_done_stay_done(project, edits):
    """Rewritten tests require something new in stage 08. Stages that were done stay done."""
    found = find_standing(project("08-urls", edits))

    assert str(found.stage) == "09-settings"
    assert found.done == 8


def test_the_last_stage_has_no_next_one(run, project, every_test_passes):
    """After the last stage, no next stage is named."""
    assert run("check", project("final"))[1].endswith("\nAll is done: this was the last stage.\n")


def test_start_says_what_comes_next(run, tmp_path):
    """It prints the chapter to read, and the commands to check with."""
    status, out, err = run("start", "--stage", "2", tmp_path / "mine")

    assert (status, err) == (0, "")
    assert f"{tmp_path}/mine is ready, with a first commit in git. You write 02-user-model: A user of our own\n" in out
    assert "  Read:  http://127.0.0.1:8001/chapters/02-user-model/\n" in out
    refused = f"Error: {tmp_path}/mine has something in it, and nothing is written over. Name a new folder.\n"
    assert run("start", tmp_path / "mine") == (1, "", refused)


def test_diff_leaves_out_later_steps(run, project):
    """`diff` leaves out code of later steps; `--all` shows it."""
    folder = project("03-user-manager")
    status, out, err = run("diff", "--stage", "4", folder)

    assert (status, err) == (0, "")
    assert out.startswith("Your project compared with 04-tokens: Tokens (- yours, + the stage's)\n")
    assert "\nauthentication/checks.py\n" not in out
    assert " later steps: --all shows them.\n" in out
    every = run("diff", "--stage", "4", "--all", folder)[1]
    assert "\nauthentication/checks.py\n" in every
    assert "later steps" not in every


def test_diff_where_nothing_differs_or_there_is_no_project(run, project, tmp_path):
    assert f"{tmp_path} is empty." in run("diff", tmp_path)[1]
    assert run("diff", project(TWO))[1].endswith("\n\nNothing differs.\n")


def test_each_cause_is_printed_once(run, project):
    """`--all` prints each cause once, with the number of tests that fail because of it."""
    folder = project("05-authentication-backend", {"authentication/tokens.py": {"now = timezone.now()": "now = 1 / 0"}})
    out = run("check", "--stage", "4", "--all", folder)[1]

    assert out.count("authentication/tokens.py, line 14, has 1 / 0, where the stage has timezone.now().") == 1
    assert re.search(r"^  \d\d tests wait for this\.$", out, re.MULTILINE)
    assert "\x1b" not in out


def test_a_bar_is_full_only_when_all_is_done():
    """299 of 300 tests don't fill the bar."""
    assert [bar(299, 300), bar(300, 300), bar(0, 0)] == [f"[{'#' * 29}.]", f"[{'#' * 30}]", f"[{'.' * 30}]"]


def test_nothing_that_is_printed_names_a_host_that_does_not_exist(run, project, tmp_path):
    """No output of `start` or `check` does, as text or JSON; `watch` prints what `check` does."""
    folder = project(TWO, WRONG)
    printed = [run("start", "--stage", "2", tmp_path / "new")[1], run("check", "--json", "--stage", "2", folder)[1]]
    said = []
    watched = Watching(folder, said.append, find(TWO))
    watched.check()

    assert [made_up(text) for text in [*printed, *said]] == [set()] * (len(printed) + len(said))
    assert all("http://127.0.0.1:8001/chapters/" in text for text in [*printed, said[1]])
    assert click.unstyle("\n".join(said[:3])) == run("check", "--stage", "2", folder)[1].rstrip("\n")
