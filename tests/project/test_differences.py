"""Compares a project with its stage: what counts as a difference, and how it is shown."""

import pytest

from companion.chain.stages import find, stages
from companion.learner.missing import step_numbers
from companion.project.differences import compare
from companion.project.locate import locate
from companion.project.reading import compared
from tests.project import variants

FOUR = "04-tokens"


@pytest.fixture
def differences(project):
    """Returns how a stage, changed by these edits or this function, differs from the same stage or another."""

    def differences(stage, edits=None, by=None, change=None, facts=None):
        folder = project(stage, edits)
        folder = (change(folder) if change else None) or folder
        stage = find(by or stage)
        return compare(compared(stage, locate(folder), facts), step_numbers(stage))

    return differences


@pytest.mark.parametrize("stage", stages(), ids=str)
def test_a_stage_does_not_differ_from_itself(differences, stage):
    """Its templates for emails, which are not Python files, don't differ either."""
    assert differences(stage.name) == []


def test_a_template_that_differs_is_shown(differences):
    """A template that is missing, or that has another text, is a difference."""
    mail = "authentication/templates/mail/deleted.txt"
    for edit in (None, {"Your account has been deleted, and": "Your account is gone, and"}):
        assert [each.place.file for each in differences("17-outbox", {mail: edit})] == [mail]


@pytest.mark.parametrize(
    "change",
    ["tabs", "windows_line_ends", "byte_order_marks", "no_comments_and_other_quotes", "absolute_imports",
     "what_startapp_writes", "another_settings_package", "in_a_subfolder"],
)  # fmt: skip
def test_formatting_is_not_a_difference(differences, change):
    """Formatting, comments, docstrings, line endings and the name of the settings package are ignored."""
    facts = {"package": "mysite"} if change == "another_settings_package" else None

    assert differences(FOUR, change=getattr(variants, change), facts=facts) == []


def test_a_difference_is_one_symbol_with_both_sides(differences):
    """A difference shows the learner's lines and the stage's, with the learner's line number."""
    (found,) = differences(FOUR, {"authentication/tokens.py": {'"sub": str(user.pk)': '"sub": user.pk'}})

    lines = str(found).splitlines()
    assert lines[0] == "issue_token in authentication/tokens.py, line 16"
    changed = [line.split() for line in lines if line.startswith(("  -", "  +"))]
    assert changed == [["-", '"sub":', "user.pk,"], ["+", '"sub":', "str(user.pk),"]]


def test_what_is_missing_is_shown_whole(differences):
    """A missing method is shown as the stage has it; a missing class is shown once, not method by method."""
    (method,) = differences(FOUR, {"authentication/models.py": {"def get_short_name": "def get_shrt_name"}})
    assert method.symbol == "User.get_short_name"
    assert "+    def get_short_name(self):" in str(method)

    found = differences(FOUR, {"authentication/admin.py": "from django.contrib import admin\n"})
    assert sorted(difference.symbol for difference in found) == ["UserAdmin", "imports"]


def test_additional_code_is_not_a_difference(differences):
    """Code that only the learner has is not shown."""
    extra = {"import jwt": "import json\nimport jwt\n\n\ndef mine():\n    return json\n"}

    assert differences(FOUR, {"authentication/tokens.py": extra, "notes.py": "x = 1\n"}) == []


def test_agents_md_is_not_compared(differences):
    """AGENTS.md is not taken for a renamed file of the stage, even if both have the same text."""
    text = (find(FOUR).path / "Dockerfile").read_text()

    assert [each.place.file for each in differences(FOUR, {"Dockerfile": None, "AGENTS.md": text})] == ["Dockerfile"]


def test_files_without_symbols_are_compared_by_their_lines(differences):
    """In a Dockerfile, blank lines, comments and spaces are ignored; another instruction is a difference."""
    assert differences("01-dockerfile", {"Dockerfile": {"USER app": "\n# the user\nUSER   app\n"}}) == []

    (found,) = differences("01-dockerfile", {"Dockerfile": {"USER app": "USER root"}})
    assert str(found).startswith("Dockerfile, line 15\n")
    assert "  -USER root\n  +USER app" in str(found)


def test_a_file_that_python_cannot_read_is_all_difference(differences):
    """Even then the differences are shown."""
    found = differences(FOUR, {"authentication/tokens.py": "def (:\n"})

    assert {difference.place.file for difference in found} == {"authentication/tokens.py"}


def test_each_difference_has_its_step(differences):
    """Differences are in the order of the chapter; code of earlier chapters comes first."""
    edits = {"authentication/models.py": {'"username"]': '"username", "x"]'}}
    found = differences("03-user-manager", edits, by="04-tokens")

    assert [(d.symbol, d.step) for d in found if d.step < 0] == [("User.REQUIRED_FIELDS", -1)]
    steps = [difference.step for difference in found]
    assert steps == sorted(steps)
    assert max(steps) > 3


def test_a_different_secret_key_is_not_a_difference(differences):
    """startproject generates a random key; one that is too short for signing is still shown."""
    settings, key = "config/settings.py", "django-insecure-agk2i+t&%r#i+5@*%4wwx9499itak$nne_*ob8c5pn!+i_obdc"

    assert differences(FOUR, {settings: {key: key[::-1]}}) == []
    assert [found.symbol for found in differences(FOUR, {settings: {key: "short"}})] == ["SECRET_KEY"]
