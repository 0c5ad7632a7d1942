import pytest

from companion.chain.changes import changes, diff
from companion.chain.stages import find


def shown(rows):
    return "\n".join(row.kind + row.text for row in rows)


def test_insertions_deletions_and_replacements_are_distinguished():
    """Rows have their kind, and their line numbers on the sides that have them."""
    rows = diff("a\nb\nc\nd", "a\nc\nD = 1\nx")

    assert shown(rows) == " a\n-b\n c\n-d\n+D = 1\n+x"
    assert [(row.old, row.new) for row in rows] == [(1, 1), (2, None), (3, 2), (4, None), (None, 3), (None, 4)]


def test_a_reworded_line_is_paired_with_the_line_it_replaces():
    """Lines that replace each other and are similar are mates; others are not."""
    old, new, other = diff("total = price", "total = price + tax\nprint('done')")

    assert (old.mate, new.mate, other.mate) == ("total = price + tax", "total = price", None)


A, B, C = (f"def {name}():\n    return 1\n" for name in "abc")


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (f"{A}\n\n{C}", f"{A}\n\n{B}\n\n{C}", ["def b():", "    return 1", "", ""]),
        (f"{A}\n\n{B}\n\n{C}", f"{A}\n\n{C}", ["def b():", "    return 1", "", ""]),
        (f"{A}\n{C}", f"{A}\n@x\n{B}\n{C}", ["@x", "def b():", "    return 1", ""]),
        (A, f"{A}\n\n{B}", ["", "", "def b():", "    return 1"]),
    ],
    ids=["inserted", "deleted", "decorated", "appended"],
)
def test_a_function_is_cut_where_it_begins(old, new, changed):
    """At its decorator or `def`, with the blank lines below. At the end of a file, the blank lines above are new."""
    assert [row.text for row in diff(old, new) if row.changed] == changed


@pytest.mark.parametrize(
    ("old", "new"),
    [("x\n", "x\nx\nx\ny\nx\n"), ("a\nx\nb\n", "a\nx\na\nx\na\nx\nb\nx\nb\n"), ("", "x\n"), ("x\nx\n", "x\nx\nx\n")],
)
def test_no_line_is_lost_or_shown_twice_where_lines_repeat(old, new):
    """However an insertion is moved, the rows still contain both texts, in order and with their numbers."""
    rows = diff(old, new)

    assert [row.text for row in rows if row.kind != "+"] == old.split()
    assert [row.text for row in rows if row.kind != "-"] == new.split()
    assert [row.new for row in rows if row.new] == list(range(1, len(new.split()) + 1))


@pytest.mark.parametrize(("old", "new"), [("a\nb", "a\nb\n"), ("a\r\nb\r\n", "a\nb\n"), ("a\nb", "a\rb"), ("", "")])
def test_line_endings_are_not_a_change(old, new):
    """A newline at the end, or Windows' line endings, are not changes that a chapter must show."""
    assert not any(row.changed for row in diff(old, new))


def test_files_are_added_changed_and_removed(difference):
    """Each file that differs has its status; equal files are only in the tree."""
    found = difference(
        {"gone.txt": "1\n", "same.txt": "x", "b.txt": "1\n2\n"}, {"new.txt": "q\n", "same.txt": "x", "b.txt": "1\n3\n"}
    )

    status = {path: change.status for path, change in found.files.items()}
    assert status == {"b.txt": "changed", "gone.txt": "removed", "new.txt": "added"}
    assert (found.files["b.txt"].added, found.files["b.txt"].removed) == (1, 1)
    assert found.tree == ["b.txt", "new.txt", "same.txt"]


def test_a_file_that_moved_is_renamed(difference):
    """A removed file and a similar added file are one renamed file, with only its changed lines."""
    lines = "\n".join(f"line {n}" for n in range(10))
    found = difference({"old.txt": lines, "x": "1"}, {"new.txt": lines.replace("line 5", "other"), "x": "1"})

    (change,) = found.files.values()
    assert (change.status, change.path, change.old_path) == ("renamed", "new.txt", "old.txt")
    assert (change.added, change.removed) == (1, 1)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": "1\n2\n3\n"}, {"b": "4\n5\n6\n"}, {"a": "removed", "b": "added"}),
        ({"a/__init__.py": ""}, {"b/__init__.py": ""}, {"a/__init__.py": "removed", "b/__init__.py": "added"}),
        ({"a": "1\n2\n"}, {"a": "1\n2\n3\n", "b": "1\n2\n"}, {"a": "changed", "b": "added"}),
        ({"a": "1\n2\n", "b": "1\n2\n"}, {"c": "1\n2\n"}, {"b": "removed", "c": "renamed"}),
        ({"a": "1\n2\n"}, {"b": "1\n2\n3\n", "c": "1\n2\n"}, {"b": "added", "c": "renamed"}),
    ],
    ids=["not alike", "empty files", "a copy", "two from", "the likest"],
)
def test_a_renamed_file_is_distinguished_from_similar_files(difference, old, new, found):
    """Empty files are not similar, the original of a copy is not renamed, and each file is renamed only once."""
    changed = difference({"x": "1"} | old, {"x": "1"} | new).files

    assert {path: change.status for path, change in changed.items()} == found


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"\xff1", b"\xff2", "changed"),
        (b"text", b"\xff", "changed"),
        (b"\xff", None, "removed"),
        (None, b"\x89PNG\xff\xfe", "added"),
    ],
)
def test_a_binary_file_has_its_status(difference, old, new, status):
    """A binary file is added, changed or removed, also if it was text before."""
    sides = [{"a": "1"} | ({"pixel.png": side} if side else {}) for side in (old, new)]
    change = difference(*sides).files["pixel.png"]

    assert (change.binary, change.status, change.counts, change.rows) == (True, status, False, ())


def test_blank_lines_need_not_be_shown(difference):
    """A file in which only blank lines or line endings differ has nothing that a chapter must show."""
    new = {"a": "1\n\n2\n", "b": "1\r\n", "c": "2\n", "__init__.py": ""}
    found = difference({"a": "1\n2\n", "b": "1\n", "c": "1\n"}, new)

    counts = {path: change.counts for path, change in found.files.items()}
    assert counts == {"a": False, "b": False, "c": True, "__init__.py": False}


def test_the_first_stage_is_all_new(chain):
    """Everything in the first stage is new."""
    (change,) = changes(find("01-a", chain({"01-a": {"a.txt": "1\n2\n"}})), None).files.values()

    assert (change.path, change.status, change.added) == ("a.txt", "added", 2)
