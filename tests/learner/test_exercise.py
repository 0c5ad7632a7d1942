"""The exercise of a stage on a learner's project: what `check --exercise` prints, and what it ignores."""

import json

import pytest

from companion.chain.command_line import line
from companion.learner.exercise import FOLDER

SIX = "06-serializers"
PAGE = f"http://127.0.0.1:8001/chapters/{SIX}/#exercise"
START = f"\nTo open that page, start the tutorial in another window:\n  {line('serve')}\n"
SOLUTION = (FOLDER / SIX / "reserved.py").read_text(encoding="utf-8")


@pytest.fixture
def attempt(run, project):
    """Returns the output for a project of stage 06 with this text in its file for the exercise."""

    def attempt(text=None, *options, edits=None):
        edits = (edits or {}) | ({"exercises/reserved.py": text} if text is not None else {})
        return run("check", project(SIX, edits), "--exercise", *options)

    return attempt


def test_a_file_that_does_not_exist_is_named(run, project):
    """Before the exercise is begun, no test passes, and the file to create is named."""
    folder = project(SIX)

    assert run("check", folder, "--exercise") == (
        1,
        "Stage 06-serializers: Serializers\n"
        "  tests  [..............................] 0 of 5 in the exercise\n"
        "\n"
        "Missing: The usernames admin, root and support are rejected, in any case and any spelling.\n"
        "\n"
        "exercises/reserved.py does not exist yet.\n"
        "Create exercises/reserved.py, as the chapter shows.\n"
        "\n"
        f"  Open: {folder}/exercises/reserved.py\n"
        f"  Read: {PAGE}\n"
        "  Hint: --hint\n"
        "\n"
        "4 more are missing: --all shows them.\n"
        f"{START}",
        "",
    )
    assert not (folder / "exercises").exists()


def test_a_solution_is_done(attempt):
    """With a solution, only the tests of the exercise have run, and our solution is linked."""
    assert attempt(SOLUTION) == (
        0,
        "Stage 06-serializers: Serializers\n"
        "  tests  [##############################] 5 of 5 in the exercise\n"
        "\n"
        "Done. Compare your code with our solution.\n"
        f"  Read: {PAGE}\n"
        f"{START}",
        "",
    )


def test_a_wrong_solution_is_explained(attempt):
    """A failed test prints what it expected, and its hint. The code is not compared with our solution."""
    status, out, err = attempt(SOLUTION.replace("username.casefold()", "username"), "--hint")

    assert (status, err) == (1, "")
    assert "] 3 of 5 in the exercise\n" in out
    assert "\nYour project: expected {'username': ['This username is reserved.']}, got {}.\n" in out
    assert "\n  Hint: Write `validate_username`. " in out


def test_the_line_that_raises_is_named(attempt):
    """An error in the learner's file is explained with its line."""
    facts = json.loads(attempt(SOLUTION.replace("RESERVED:", "Reserved:"), "--json")[1])

    assert (facts["stage"], facts["tested"], facts["tests"]) == (SIX, f"exercise-{SIX}", 5)
    missing = facts["missing"][0]
    assert missing["sentence"] == "exercises/reserved.py, line 14: NameError: name 'Reserved' is not defined."
    assert (missing["file"], missing["line"], missing["read"]) == ("exercises/reserved.py", 14, PAGE)


def test_a_project_that_does_not_start_is_explained_by_its_stage(attempt):
    """If no test can run, the result is that of the stage's own check."""
    out = attempt(edits={"authentication/models.py": {"from .managers import UserManager\n": ""}})[1]

    assert "\nauthentication/models.py, line 35, uses UserManager without importing it.\n" in out
    assert "in the exercise" not in out


def test_a_folder_without_a_project_is_explained(run, tmp_path):
    """An empty folder gets the same message as without --exercise."""
    assert run("check", tmp_path, "--exercise") == run("check", tmp_path)


def test_a_stage_without_an_exercise_names_those_with_one(run, project):
    """If the stage that the project has reached has no exercise, the message lists those that have one."""
    names = ", ".join(sorted(path.name for path in FOLDER.iterdir()))

    assert run("check", project("02-user-model"), "--exercise") == (
        1,
        "",
        f"Error: 02-user-model has no exercise. These stages have one: {names}\n",
    )


def test_a_solution_is_no_part_of_the_stage(run, project):
    """`check` and `diff` of the stage ignore the folder of the exercises."""
    folder = project(SIX, {"exercises/serializers.py": "class RegistrationSerializer:\n    pass\n"})

    assert run("check", folder) == run("check", project(SIX))
    assert "\nNothing differs.\n" in run("diff", folder)[1]
