"""Compares a project with its stage: what counts as a difference, and what it shows of the stage."""

import pytest

from companion.chain.stages import find, stages
from companion.learner.missing import step_numbers
from companion.project.differences import compare
from companion.project.locate import locate
from companion.project.reading import compared
from tests.project.variants import (
    absolute_imports,
    another_settings_package,
    byte_order_marks,
    in_a_subfolder,
    no_comments_and_other_quotes,
    tabs,
    what_startapp_writes,
    windows_line_ends,
)

FOUR = "04-tokens"


@pytest.fixture
def differences(project):
    """What differs between a stage, changed by these edits or this function, and the same stage or another."""

    def differences(stage, edits=None, by=None, change=None, facts=None):
        folder = project(stage, edits)
        folder = (change(folder) if change else None) or folder
        stage = find(by or stage)
        return compare(compared(stage, locate(folder), facts), step_numbers(stage))

    return differences


@pytest.mark.parametrize("stage", stages(), ids=str)
def test_a_stage_does_not_differ_from_itself(differences, stage):
    """Also not in its templates for emails, which are no Python files."""
    assert differences(stage.name) == []


def test_a_template_that_differs_is_shown(differences):
    """A missing template and another text of it are differences."""
    mail = "authentication/templates/mail/deleted.txt"
    for edit in (None, {"Your account has been deleted, and": "Your account is gone, and"}):
        assert [each.place.file for each in differences("17-outbox", {mail: edit})] == [mail]


@pytest.mark.parametrize(
    "change",
    [tabs, windows_line_ends, byte_order_marks, no_comments_and_other_quotes, absolute_imports, what_startapp_writes,
     another_settings_package, in_a_subfolder],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_formatting_is_not_a_difference(differences, change):
    """Formatting, comments, docstrings, line ends and the name of the settings' package do not count."""
    facts = {"package": "mysite"} if change is another_settings_package else None

    assert differences(FOUR, change=change, facts=facts) == []


def test_a_difference_is_one_symbol_with_both_sides(differences):
    """What is mine and what is the stage's stand together, with my line."""
    (found,) = differences(FOUR, {"authentication/tokens.py": {'"sub": str(user.pk)': '"sub": user.pk'}})

    assert (found.symbol, str(found.place)) == ("issue_token", "authentication/tokens.py, line 16")
    lines = str(found).splitlines()
    assert lines[0] == "issue_token in authentication/tokens.py, line 16"
    assert [line.split()[0:1] + line.split()[1:] for line in lines if line.startswith(("  -", "  +"))] == [
        ["-", '"sub":', "user.pk,"],
        ["+", '"sub":', "str(user.pk),"],
    ]


def test_what_is_missing_is_shown_whole(differences):
    """A method that I lack is shown as the stage has it; a class that I lack once, and not each of its methods."""
    (method,) = differences(FOUR, {"authentication/models.py": {"def get_short_name": "def get_shrt_name"}})
    assert method.symbol == "User.get_short_name"
    assert "+    def get_short_name(self):" in str(method)

    found = differences(FOUR, {"authentication/admin.py": "from django.contrib import admin\n"})
    assert sorted(difference.symbol for difference in found) == ["UserAdmin", "imports"]


def test_additional_code_is_not_a_difference(differences):
    """What I have beyond the stage is my own affair."""
    extra = {"import jwt": "import json\nimport jwt\n\n\ndef mine():\n    return json\n"}

    assert differences(FOUR, {"authentication/tokens.py": extra, "notes.py": "x = 1\n"}) == []


def test_words_for_an_assistant_are_no_file_of_the_project(differences):
    """An AGENTS.md is not taken for a file of the stage that is missing, even if both have the same text."""
    names = [each.place.file for each in differences(FOUR, {"Dockerfile": None}, change=dockerfile_as_agents_md)]

    assert names == ["Dockerfile"]


def dockerfile_as_agents_md(folder):
    (folder / "AGENTS.md").write_bytes((find(FOUR).path / "Dockerfile").read_bytes())


def test_files_without_symbols_are_compared_by_their_lines(differences):
    """Blank lines, comments and spaces do not count in a Dockerfile; another instruction does."""
    assert differences("01-dockerfile", {"Dockerfile": {"USER app": "\n# the user\nUSER   app\n"}}) == []

    (found,) = differences("01-dockerfile", {"Dockerfile": {"USER app": "USER root"}})
    assert str(found).startswith("Dockerfile, line 15\n")
    assert "  -USER root\n  +USER app" in str(found)


def test_a_file_that_python_cannot_read_is_all_difference(differences):
    """Even then the answer is an answer."""
    found = differences(FOUR, {"authentication/tokens.py": "def (:\n"})

    assert {difference.place.file for difference in found} == {"authentication/tokens.py"}


def test_each_difference_has_its_step(differences):
    """In the order of the chapter; what an earlier chapter brought comes first."""
    found = differences(
        "03-user-manager", {"authentication/models.py": {'"username"]': '"username", "x"]'}}, by="04-tokens"
    )

    assert [(d.symbol, d.step) for d in found if d.step < 0] == [("User.REQUIRED_FIELDS", -1)]
    steps = [difference.step for difference in found]
    assert steps == sorted(steps)
    assert max(steps) > 3


def test_a_different_secret_key_is_not_a_difference(differences):
    """startproject makes up another one for everybody; one that is too short to sign with is still shown."""
    settings, key = "config/settings.py", "django-insecure-agk2i+t&%r#i+5@*%4wwx9499itak$nne_*ob8c5pn!+i_obdc"

    assert differences(FOUR, {settings: {key: key[::-1]}}) == []
    assert [found.symbol for found in differences(FOUR, {settings: {key: "short"}})] == ["SECRET_KEY"]
