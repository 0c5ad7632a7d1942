import pytest

from companion.chain.narration import CONFLICT, narrate
from companion.chain.selectors import selectors

OLD = {
    "app.py": 'import os\n\nLIMIT = 1\n\n\nclass User:\n    def name(self):\n        return 1\n\n    def gone(self):\n        return 2\n',
    "notes.txt": "one\n",
    "same.txt": "x",
}
NEW = {
    "app.py": 'import os\nimport re\n\nLIMIT = 2\n\n\nclass User:\n    size = 3\n\n    def name(self):\n        return 1\n',
    "notes.txt": "one\n\nFROM here\nRUN this\n\nCOPY that\n",
    "empty.py": "",
    "same.txt": "x",
}
WHOLE = ["app.py#imports", "app.py#LIMIT", "app.py#User.size", "app.py#-User.gone", "notes.txt"]


@pytest.fixture
def told(difference):
    """Returns what each of these selectors owns, as text by selector, and the problems."""

    def told(*selectors, old=OLD, new=NEW):
        claims, problems = narrate(difference(old, new), list(enumerate(selectors)))
        lines = {
            claim.selector: [claim.change.rows[n].kind + claim.change.rows[n].text for n in claim.owned]
            for claim in claims
        }
        return lines, [text for text, _ in problems]

    return told


def test_each_kind_of_selector_selects_its_lines(told):
    """Imports, constants, attributes, removed symbols and whole files are each shown once, with nothing left."""
    lines, problems = told(*WHOLE)

    assert problems == []
    assert lines["app.py#imports"] == ["+import re"]
    assert lines["app.py#LIMIT"] == ["-LIMIT = 1", "+LIMIT = 2"]
    assert lines["app.py#User.size"] == ["+    size = 3"]
    assert [line.strip("- ") for line in lines["app.py#-User.gone"] if line.strip("- ")] == [
        "def gone(self):",
        "return 2",
    ]
    assert lines["notes.txt"] == ["+", "+FROM here", "+RUN this", "+", "+COPY that"]
    assert told(*WHOLE, "empty.py")[1] == []  # it has no lines, so it may be shown but need not be


def test_a_quoted_text_selects_its_paragraph(told):
    """A quoted part of a line selects its paragraph of changed lines."""
    lines, problems = told(*WHOLE[:4], 'notes.txt#"RUN"', 'notes.txt#"COPY"')

    assert problems == []
    assert lines['notes.txt#"RUN"'] == ["+FROM here", "+RUN this"]
    assert lines['notes.txt#"COPY"'] == ["+COPY that"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a.py#X, b.py", ["a.py#X", "b.py"]),
        ('D#"CMD [a, b]", D#rest', ['D#"CMD [a, b]"', "D#rest"]),
        ('D#""CMD"", a,b.txt', ['D#""CMD""', "a,b.txt"]),
        ('D#""CMD" x",  .dockerignore#rest ', ['D#""CMD" x"', ".dockerignore#rest"]),
        ('D#"open', ['D#"open']),
    ],
)
def test_commas_outside_of_quotation_marks_separate_selectors(text, found):
    """A text can contain commas and quotation marks; it ends at a quotation mark before a comma or the end."""
    assert selectors(text) == found


def test_a_quoted_text_selects_removed_and_added_lines(told):
    """A line that is replaced far from its old place is one paragraph, removed and added."""
    old, new = {"f": "CMD old\nx\ny\n"}, {"f": "x\ny\nCMD new\n"}
    lines, problems = told('f#"CMD"', old=old, new=new)

    assert (lines['f#"CMD"'], problems) == (["-CMD old", "+CMD new"], [])


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [("x\n", "RUN a\nx\nRUN b\n", "+1 and +3"), ("RUN a\nx\n", "x\nRUN a b\ny\n\nRUN c\n", "-1 and +2 and +5")],
)
def test_a_text_in_two_places_is_ambiguous(told, old, new, places):
    """The removed and the added line can be apart; two added lines are ambiguous."""
    _, problems = told('f#"RUN"', old={"f": old}, new={"f": new})

    assert problems[0] == f"f#\"RUN\": 'RUN' stands in several places (at {places}); quote more of the line"


@pytest.mark.parametrize("wide", ["app.py", "app.py#rest"])
def test_a_symbol_is_narrower_than_a_file_that_holds_nothing_else(told, wide):
    """If two selectors include the same lines, the one with a symbol gets them, in any order."""
    for chosen in ([wide, "app.py#f"], ["app.py#f", wide]):
        lines, problems = told(*chosen, old={}, new={"app.py": "def f():\n    pass\n"})

        assert lines["app.py#f"] == ["+def f():", "+    pass"]
        assert len(problems) == 1
        assert problems[0].startswith(f"{wide}: ")


def test_what_was_removed_above_a_symbol_is_not_part_of_it(told):
    """Removed lines belong to the symbol below them only if its first line replaces them."""
    old = "A = 1\ndef f():\n    pass\n"
    lines, _ = told("a.py#f", old={"a.py": old}, new={"a.py": "def f():\n    return 1\n"})
    replaced, _ = told("a.py#B", old={"a.py": "A = 1\nx\n"}, new={"a.py": "B = 2\nx\n"})
    first, _ = told("a.py#B", old={"a.py": "x = 0\ny = 1\n"}, new={"a.py": "B = 2\nx = 0\n"})

    assert lines["a.py#f"] == ["-    pass", "+    return 1"]
    assert replaced["a.py#B"] == ["-A = 1", "+B = 2"]
    assert first["a.py#B"] == ["+B = 2"]


def test_rest_selects_what_no_other_selector_does(told):
    """The narrowest selector gets a line; `rest` gets what is left, even if it is small."""
    lines, problems = told("app.py#rest", *WHOLE[1:])

    assert problems == []
    assert [line for line in lines["app.py#rest"] if line.strip("+-")] == ["+import re"]


@pytest.mark.parametrize(
    ("forgotten", "place", "lines"),
    [
        (WHOLE[2], "02-new/app.py, line 8: 1 changed line is", "+8 'size = 3'"),
        (WHOLE[3], "01-old/app.py, line 10: 2 changed lines are", "-10 'def gone(self):'; -11 'return 2'"),
        (WHOLE[4], "02-new/notes.txt, line 3: 3 changed lines are", "+3 'FROM here'; +4 'RUN this'; +6 'COPY that'"),
    ],
)
def test_forgotten_lines_are_named_with_the_block_to_add(told, forgotten, place, lines):
    """A problem quotes the lines. Removed lines are named by the symbol of the stage before."""
    _, problems = told(*(selector for selector in WHOLE if selector != forgotten))

    problem = f"steps/{place} in no block of the chapter: {lines}. Add a block: /// beside | {forgotten}"
    assert problems == [problem]


@pytest.mark.parametrize(
    ("selector", "problem"),
    [
        ("ap.py#User", "ap.py is not in this stage; did you mean app.py?"),
        ("app.py#User.siez", "app.py has no User.siez; did you mean User.size?"),
        ("app.py#-User.gon", "app.py had no User.gon; did you mean User.gone?"),
        ("app.py#User.name", "nothing changes in User.name between the two stages"),
        ("app.py#User.gone", "app.py has no User.gone any more; write app.py#-User.gone"),
        ("app.py#-User.size", "app.py had no User.size yet; write app.py#User.size"),
        ('notes.txt#""', "between the quotation marks stands some text of the line that is meant"),
        ('notes.txt#"nowhere"', "no changed line of notes.txt contains 'nowhere'"),
        ('notes.txt#"h"', "'h' stands in several places (at +3 and +4 and +6); quote more of the line"),
        ("same.txt", "same.txt is the same in both stages"),
    ],
)
def test_a_wrong_selector_says_what_to_write(told, selector, problem):
    """Each mistake has its message, with what was probably meant."""
    _, problems = told(*WHOLE, selector)

    assert problems == [f"{selector}: {problem}"]


@pytest.mark.parametrize(
    ("selector", "problem"),
    [
        ("app.py#LIMIT", "it stands in two blocks; a line is told once, so remove one of them"),
        ('app.py#"LIMIT = 2"', "app.py#LIMIT means the same lines; a line is told once, so remove one of them"),
        ("app.py#rest", "narrower blocks show every line it means; remove it"),
    ],
)
def test_the_same_lines_are_not_shown_twice(told, selector, problem):
    """A selector in two blocks, or one whose lines other selectors show, is reported."""
    assert told(*WHOLE, selector)[1] == [f"{selector}: {problem}"]


@pytest.mark.parametrize(
    ("name", "lines", "problem"),
    [
        ("app.py", 25, None),
        ("app.py", 26, "app.py: 26 lines change here; name its symbols, or write app.py#rest"),
        ("tests/test_x.py", 31, None),
        ("plain.txt", 31, None),
    ],
)
def test_a_long_file_needs_selectors(told, name, lines, problem):
    """A bare path could hide later additions. A suite can stay folded, and a list has no symbols to name."""
    _, problems = told(name, old={}, new={name: "def f():\n" + "    x()\n" * (lines - 1)})

    assert next(iter(problems), None) == problem


@pytest.mark.parametrize(("lines", "path"), [(25, "a.txt"), (26, "a.txt#rest")])
def test_many_lines_are_counted_and_the_rest_suggested(told, lines, path):
    """Three lines are quoted; a path alone is suggested as long as it is allowed."""
    (problem,) = told(old={}, new={"a.txt": "x\n" * lines})[1]

    assert (
        f": {lines} changed lines are in no block of the chapter: +1 'x'; +2 'x'; +3 'x' and {lines - 3} more."
        in problem
    )
    assert problem.endswith(f" Add a block: /// beside | {path}")


@pytest.mark.parametrize("selector", ["app.py#f", "app.py#rest"])
def test_a_stage_that_does_not_parse_is_named(told, selector):
    """The problem names file and line, even if no selector is about the file."""
    _, problems = told(selector, old={}, new={"app.py": "x = 1\ndef f(:\n"})

    assert problems[0] == "steps/02-new/app.py, line 2 is not Python: invalid syntax"


MERGED = "A = 1\n<<<<<<< 02-new\nB = 2\n=======\nB = 3\n>>>>>>> 01-old, edited\n"


def test_conflict_markers_are_reported(told):
    """There is one problem for each marker, none for its consequences, and none for the next stage."""
    _, problems = told("a.py#B", "b.txt#rest", old={}, new={"a.py": MERGED, "b.txt": "x\n"})

    assert problems == [f"steps/02-new/a.py, line {line}: {CONFLICT}" for line in (2, 6)]
    assert told("a.py#rest", old={"a.py": MERGED}, new={"a.py": "A = 1\nB = 2\n"})[1] == []
    assert told(old={"a.py": MERGED}, new={"a.py": "A = 1\n"})[1] == []


def test_consequences_of_a_wrong_selector_are_not_reported(told):
    """Lines of a misspelt file are not reported as missing; those of another file are."""
    _, problems = told("aps.py", "b.py#Y", old={}, new={"app.py": "X = 1\n", "b.py": "Z = 1\n", "other.md": "c\n"})

    first, second, third = problems
    assert first == "aps.py: aps.py is not in this stage; did you mean app.py?"
    assert second == "b.py#Y: b.py has no Y"
    assert third.startswith("steps/02-new/other.md, line 1: ")


def test_imports_do_not_include_the_lines_between_them(told):
    """Two groups of imports belong to one block, without a constant between them."""
    lines, problems = told("app.py#imports", old={}, new={"app.py": "import a\n\nX = 1\n\nimport b\n"})

    assert lines["app.py#imports"] == ["+import a", "+import b"]
    assert [problem.endswith("+3 'X = 1'. Add a block: /// beside | app.py#X") for problem in problems] == [True]


def test_a_moved_file_may_be_shown_once_or_not_at_all(told):
    """Nothing in it has changed, so it need not be shown; one block may name it, but not two."""
    old, new = {"a.txt": "1\n2\n3\n"}, {"b.txt": "1\n2\n3\n"}

    assert told("b.txt", old=old, new=new)[1] == told(old=old, new=new)[1] == []
    twice = "b.txt: it stands in two blocks; a line is told once, so remove one of them"
    assert told("b.txt", "b.txt", old=old, new=new)[1] == [twice]
    other = {"c.txt": "4\n5\n6\n"}, {"d.txt": "4\n5\n6\n"}
    assert told("b.txt", "d.txt", old=old | other[0], new=new | other[1])[1] == []
