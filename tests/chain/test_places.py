"""Describes where the lines of a step go, in the file as typed so far."""

import pytest

from companion.chain.changes import changes
from companion.chain.chapters import BESIDE, parse
from companion.chain.stages import find
from companion.chain.steps import lay_out

OLD = '''"""App."""

import os

LIMIT = 3


class User:
    """A user."""

    name = "ada"

    def clean(self):
        text = self.name.strip()
        text = text.lower()
        return text


def last():
    return os.sep
'''


@pytest.fixture
def told(chain):
    """Returns place and lines of each pane when `old` becomes `new` in these steps: `told(old, new, "app.py#User")`."""

    def tell(old, new, *heads, path="app.py"):
        root = chain({"01-old": {"other": "", **({path: old} if old else {})}, "02-new": {"other": "", path: new}})
        diff = changes(find("02-new", root), find("01-old", root))
        lines = "".join(f"/// beside | {head}\nWords.\n///\n\n" for head in heads).splitlines()
        steps, problems = lay_out(diff, [mark for mark in parse(lines)[0] if mark.name == BESIDE])
        assert problems == []
        return [(e.place, [row.kind + row.text for row in e.shown]) for step in steps for e in step.excerpts]

    return tell


def places(found):
    return [place for place, _ in found]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        pytest.param("import os\n", "import os\nimport sys\n", "in the imports", id="import"),
        pytest.param("LIMIT = 3\n", "LIMIT = 3\nSIZE = 4\n", "after `LIMIT`", id="constant"),
        pytest.param(
            "    name =", "    email = 1\n    name =", "after the docstring of class `User`", id="first in class"
        ),
        pytest.param(
            '    name = "ada"\n', '    name = "ada"\n    age = 1\n', "after `name` in class `User`", id="in class"
        ),
        pytest.param(
            "    text = text.lower()\n",
            "    text = text.lower()\n        text = text[:9]\n",
            "after the line `text = text.lower()`",
            id="in function",
        ),
        pytest.param("return os.sep\n", "return os.sep\n\n\ndef more(): pass\n", "at the end", id="end"),
        pytest.param('"""App."""', '# here\n"""App."""', "at the top", id="top"),
        pytest.param("LIMIT = 3", "LIMIT = 4", "replaces the − lines", id="replaced"),
        pytest.param("LIMIT = 3\n", "", "removed", id="removed"),
        pytest.param("import os\n", "import os\nif os: pass\n", "after the imports", id="below imports"),
    ],
)
def test_each_place_has_its_phrase(told, old, new, place):
    """Each kind of place has its fixed phrase."""
    assert OLD.count(old) == 1
    assert places(told(OLD, OLD.replace(old, new), "app.py#rest")) == [place]


def test_places_in_other_files_are_lines(told):
    """In other files, lines go after a line, or at the end."""
    assert places(told("FROM x\nRUN y\n", "FROM x\nUSER z\nRUN y\nCMD a\n", "Dockerfile", path="Dockerfile")) == [
        "after the line `FROM x`",
        "at the end",
    ]


def test_a_new_file_grows_step_by_step(told):
    """The second step continues the file of the first, and the first says that more parts follow."""
    new = "import os\n\n\ndef one():\n    return os\n\n\ndef two():\n    pass\n"
    found = told(None, new, "app.py#imports, app.py#two", "app.py#one")

    assert found == [
        ("new file, shown in parts", ["+import os", "+", "+", "+def two():", "+    pass"]),
        ("after the imports", ["+def one():", "+    return os"]),
    ]


def test_a_new_file_that_one_step_shows_whole_has_no_parts(told):
    """`new file` alone means that the pane has the whole file."""
    assert told(None, "import os\n\nHERE = os\n", "app.py") == [
        ("new file", ["+import os", "+", "+HERE = os"]),
    ]


def test_two_places_of_a_step_are_two_panes(told):
    """Each pane has one place."""
    new = OLD.replace("import os", "import os\nimport sys").replace("return os.sep", "return sys.path")
    assert places(told(OLD, new, "app.py#imports, app.py#last")) == ["in the imports", "replaces the − lines"]


def test_a_function_with_two_edits_is_shown_whole(told):
    """Readers need not look for the lines; unchanged lines are shown too."""
    new = OLD.replace("self.name.strip()", "self.name").replace("        return text\n", "        return text[:9]\n")
    assert told(OLD, new, "app.py#User") == [
        (
            "the whole function `clean` in class `User`",
            [
                "     def clean(self):",
                "-        text = self.name.strip()",
                "+        text = self.name",
                "         text = text.lower()",
                "-        return text",
                "+        return text[:9]",
            ],
        )
    ]


def test_a_line_below_one_that_is_there_twice_is_shown_in_its_function(told):
    """The line above is ambiguous, so the pane shows the whole function."""
    old = "def f():\n    x()\n    y()\n    x()\n    return 1\n"
    assert places(told(old, old.replace("    return", "    z()\n    return"), "app.py#f")) == ["the whole function `f`"]


def test_lines_at_the_end_of_a_function_belong_to_it(told):
    """The blank line between two functions is not a place of its own."""
    old = "def f():\n    x()\n    y()\n    x()\n\n\ndef g():\n    y()\n    x()\n"
    new = old.replace("    x()\n\n\ndef g", "    x()\n\n    return 1\n\n\ndef g")
    assert places(told(old, new, "app.py#f")) == ["the whole function `f`"]


def test_the_first_line_of_a_function_is_shown_with_it(told):
    """It is shown once, although it is not inside the function."""
    old = "def f(a):\n    w()\n    x()\n    y()\n    return 1\n"
    new = old.replace("f(a)", "f(a, b)").replace("x()", "x(b)").replace("return 1", "return b")
    assert told(old, new, "app.py") == [
        (
            "the whole function `f`",
            [
                *["-def f(a):", "+def f(a, b):", "     w()", "-    x()", "+    x(b)"],
                *["     y()", "-    return 1", "+    return b"],
            ],
        )
    ]


def test_the_blank_line_below_an_edit_is_shown_with_it(told):
    """No code below it changes, so it is shown with the lines above."""
    old = "class A:\n    def a(self):\n        x()\n\n    def c(self):\n        z()\n"
    new = old.replace("    def c", "    def b(self):\n        y()\n\n    def c")
    assert told(old, new, "app.py#A.b") == [
        (
            "after `a` in class `A`",
            ["         x()", " ", "+    def b(self):", "+        y()", "+", "     def c(self):", "         z()"],
        )
    ]
