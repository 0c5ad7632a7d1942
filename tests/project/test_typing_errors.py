"""What counts as a slip of the hand, and what is only written otherwise or not written yet."""

import pytest

from companion.chain.stages import find, previous, stages
from companion.project.index import Known
from companion.project.locate import locate
from companion.project.statements import statements
from companion.project.typing_errors import slips

MANAGERS = "authentication/managers.py"
OWN_NAMES = {
    "user = self": "person = self",
    "user.password": "person.password",
    "user.save": "person.save",
    "return user\n": "return person\n",
}


@pytest.fixture
def found(project):
    """The slips in a stage with these edits, as `(line, kind, mine, theirs)`."""

    def found(stage, edits=None, by=None):
        known = Known(find(by or stage), locate(project(stage, edits)))
        return [(slip.place.line, slip.kind, slip.mine, slip.theirs) for slip in slips(known)]

    return found


@pytest.mark.parametrize(
    ("edit", "slip"),
    [
        ({"email or": "emial or"}, (23, "word", "emial", "email")),
        ({"if not username": "if username"}, (32, "words", "", "not")),
        ({"        user.save(using=self._db)\n": ""}, (39, "line", "", "user.save(using=self._db)")),
    ],
)
def test_a_slip_has_its_line_and_its_words(found, edit, slip):
    assert found("03-user-manager", {MANAGERS: edit}) == [slip]


def test_names_of_their_own_are_no_slips(found):
    """A name that is written several times, and each time so, was chosen."""
    assert found("03-user-manager", {MANAGERS: OWN_NAMES}) == []


@pytest.mark.parametrize("stage", stages()[1:], ids=str)
def test_what_is_as_in_the_stage_before_is_no_slip(found, stage):
    """It waits for its step: who has not come there yet is not told what it brings."""
    assert found(previous(stage).name, by=stage.name) == []


def test_how_code_is_formatted_does_not_count():
    """Quotation marks, comments, docstrings, broken lines and the comma after the last one say nothing."""
    mine = "def a():\n    'Says b.'\n    return b(\n        'c',  # why\n        d,\n    )\n"
    theirs = 'def a():\n    return b("c", d)\n'
    words = [[(each.words, each.depth) for each in statements(text)] for text in (mine, theirs)]

    assert words[0] == words[1]


def test_a_comma_that_makes_a_tuple_counts():
    assert statements("a = (b,)\n") != statements("a = (b)\n")
