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
        ("import os\n", "import os\nimport sys\n", "in the imports"),
        ("import os\n", "import os\nif os: pass\n", "after the imports"),
        ("LIMIT = 3\n", "LIMIT = 3\nSIZE = 4\n", "after `LIMIT`"),
        ("    name =", "    email = 1\n    name =", "after the docstring of class `User`"),
        ('    name = "ada"\n', '    name = "ada"\n    age = 1\n', "after `name` in class `User`"),
        ("text = text.lower()\n", "text = text.lower()\n        x\n", "after the line `text = text.lower()`"),
        ("return os.sep\n", "return os.sep\n\n\ndef more(): pass\n", "at the end"),
        ('"""App."""', '# here\n"""App."""', "at the top"),
        ("LIMIT = 3", "LIMIT = 4", "replaces the − lines"),
        ("LIMIT = 3\n", "", "removed"),
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
    assert told(None, "import os\n\nHERE = os\n", "app.py") == [("new file", ["+import os", "+", "+HERE = os"])]


def test_two_places_of_a_step_are_two_panes(told):
    """Each pane has one place."""
    new = OLD.replace("import os", "import os\nimport sys").replace("return os.sep", "return sys.path")
    assert places(told(OLD, new, "app.py#imports, app.py#last")) == ["in the imports", "replaces the − lines"]


def test_a_function_with_two_edits_is_shown_whole(told):
    """Readers need not look for the lines; unchanged lines are shown too."""
    new = OLD.replace("self.name.strip()", "self.name").replace("        return text\n", "        return text[:9]\n")
    ((place, shown),) = told(OLD, new, "app.py#User")

    assert place == "the whole function `clean` in class `User`"
    assert [line.replace("    ", "") for line in shown] == [
        *[" def clean(self):", "-text = self.name.strip()", "+text = self.name"],
        *[" text = text.lower()", "-return text", "+return text[:9]"],
    ]


@pytest.mark.parametrize(
    ("old", "new"), [("x()\n    return", "x()\n    z()\n    return"), ("2\n\n\n", "2\n\n    z()\n\n\n")]
)
def test_a_line_below_one_that_is_there_twice_is_shown_in_its_function(told, old, new):
    """The line above is ambiguous. The blank lines below a function are not a place of their own."""
    text = "def f():\n    x()\n    y()\n    x()\n    return 1\n    y()\n    return 2\n\n\ndef g():\n    return 2\n"
    assert text.count(old) == 1
    assert places(told(text, text.replace(old, new), "app.py#f")) == ["the whole function `f`"]


def test_the_first_line_of_a_function_is_shown_with_it(told):
    """It is shown once, although it is not inside the function."""
    old = "def f(a):\n    w()\n    x()\n    y()\n    return 1\n"
    new = old.replace("f(a)", "f(a, b)").replace("x()", "x(b)").replace("return 1", "return b")
    shown = [
        "-def f(a):",
        "+def f(a, b):",
        "     w()",
        "-    x()",
        "+    x(b)",
        "     y()",
        "-    return 1",
        "+    return b",
    ]
    assert told(old, new, "app.py") == [("the whole function `f`", shown)]


def test_the_blank_line_below_an_edit_is_shown_with_it(told):
    """No code below it changes, so it is shown with the lines above."""
    old = "class A:\n    def a(self):\n        x()\n\n    def c(self):\n        z()\n"
    new = old.replace("    def c", "    def b(self):\n        y()\n\n    def c")
    shown = ["         x()", " ", "+    def b(self):", "+        y()", "+", "     def c(self):", "         z()"]
    assert told(old, new, "app.py#A.b") == [("after `a` in class `A`", shown)]
