"""Hunks: differences between a project and a stage, statement by statement, and a project without them."""

import pytest

from companion.chain.stages import find
from companion.project.edits import apply
from companion.project.locate import locate
from companion.project.reading import compared
from companion.project.statements import lines_as_statements, statements
from tests.explaining.mistakes import MISTAKES
from tests.project.projects import typed


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_project_without_its_differences_is_the_stage(tmp_path, mistake):
    """For every mistake, replacing the project's lines by the stage's gives the statements of the stage."""
    project = compared(find(mistake.stage), locate(typed(mistake.stage, tmp_path / "mine", mistake.changes)))
    changed = apply([hunk for hunk in project.hunks if hunk.kind != "renamed"], project.files)
    names = {file: name for name, file in project.pairs.items()}

    for file, text in changed.items():
        read = statements if file.endswith(".py") else lines_as_statements
        wanted = read(project.stage_files[names[file]])
        assert [each.key for each in read(text)] == [each.key for each in wanted]


@pytest.mark.parametrize(
    ("edit", "place", "kind", "mine", "theirs"),
    [
        ({"str(user.pk)": "user.pk"}, 16, "changed", "user.pk", "str(user.pk)"),
        ({"        algorithms=[ALGORITHM],\n": ""}, 34, "changed", "", "algorithms=[ALGORITHM]"),
        ({"    now = timezone.now()\n": ""}, 9, "missing", "", "now=timezone.now()"),
        ({"    now = timezone.now()\n": "    print(1)\n    now = timezone.now()\n"}, 14, "extra", "print(1)", ""),
    ],
)
def test_a_difference_has_the_line_of_the_first_word_that_differs(project, edit, place, kind, mine, theirs):
    """A hunk has its kind, and the words on both sides."""
    folder = project("05-authentication-backend", {"authentication/tokens.py": edit})
    (found,) = compared(find("05-authentication-backend"), locate(folder)).hunks

    assert (found.place.line, found.kind, found.mine, found.theirs) == (place, kind, mine, theirs)
