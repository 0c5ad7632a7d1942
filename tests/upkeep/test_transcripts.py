import pytest

from companion.upkeep.transcripts import transcript
from companion.upkeep.transcripts.transcript import Entry, transcripts, with_outputs

PAGE = """# Page

```console
$ echo one
one
$ curl x \\
    -d y
two

three
```

Text.

  <!-- run: before -->
  ```pycon
  >>> def f():
  ...     return 1
  ...
  >>> f()
  1
  ```

```sh
$ no transcript
```
"""


def test_a_page_is_read_block_by_block():
    """A page's commands and statements are read with their continued lines, their outputs, and where they run."""
    console, pycon = transcripts(PAGE)

    assert (console.fence.kind, console.fence.run) == ("console", "")
    assert console.entries == [Entry(["echo one"], ["one"]), Entry(["curl x \\", "    -d y"], ["two", "", "three"])]
    assert (pycon.fence.kind, pycon.fence.run) == ("pycon", "before")
    assert pycon.entries == [Entry(["def f():", "    return 1", ""]), Entry(["f()"], ["1"])]


def test_a_page_written_again_is_the_same():
    """Reading and writing a page changes nothing."""
    assert with_outputs(PAGE, transcripts(PAGE)) == PAGE


def test_only_the_outputs_change():
    """A new output, longer or shorter, replaces the old one."""
    console, pycon = transcripts(PAGE)
    console.entries[0].output = ["eins", "uno"]
    pycon.entries[1].output = []
    expected = PAGE.replace("one\none\n", "one\neins\nuno\n").replace("  1\n", "")

    assert with_outputs(PAGE, [console, pycon]) == expected


@pytest.mark.parametrize(
    ("normaliser", "line", "other"),
    [
        ("token", '{"token":"eyJhbGci.eyJzdWI.C1V7-_S"}', '{"token":"eyJhbGcX.eyJzdWX.X"}'),
        ("moment", "'iat': 1795492464}", "'iat': 1895492465}"),
        ("duration", "3 failed, 147 passed in 0.85s", "3 failed, 147 passed in 72.10s (0:01:12)"),
        ("password hash", "'pbkdf2_sha256$1000000$aB3$xy/+z='", "'pbkdf2_sha256$1000000$Qq$zz='"),
        ("line of a log", '"time": "2026-11-27T19:49:08.387+00:00", "user": 1', '"time": "2026-12-01", "user": 23'),
        ("row id", """{'sub': '1', "id":7} (id 2)""", """{'sub': '12', "id":3} (id 30)"""),
        ("space that one does not see", "Password: ", "Password:"),
    ],
)
def test_a_normaliser_removes_one_difference(normaliser, line, other):
    """Each normalizer makes two lines equal that differ from run to run, and no other normalizer does."""
    equal = {
        name: pattern.sub(replacement, line) == pattern.sub(replacement, other)
        for name, (pattern, replacement) in transcript.NORMALISERS.items()
    }

    assert line != other
    assert [name for name in equal if equal[name]] == [normaliser]


@pytest.mark.parametrize(
    ("one", "other"),
    [("exp: 3600", "exp: 3601"), ("147 passed", "146 passed"), ("401 Unauthorized", "403 Forbidden"), (" x", "x")],
)
def test_what_matters_is_not_normalised_away(one, other):
    """Counts, statuses and indentation are compared exactly."""
    assert not transcript.matches([one], [other])


@pytest.mark.parametrize(
    ("shown", "printed", "equal"),
    [
        (["a"], ["a"], True),
        (["a"], ["a", "b"], False),
        (["a", "…"], ["a", "b", "c"], True),
        (["…", "c"], ["a", "b", "c"], True),
        (["a", "…", "c"], ["a", "c"], True),
        (["a", "  …", "c"], ["a", "b", "d"], False),
        (["a…"], ["abc"], False),
        ([], [], True),
    ],
)
def test_three_dots_match_any_lines(shown, printed, equal):
    """A line with only … matches any number of lines; within a line, … is just a character."""
    assert transcript.matches(shown, printed) is equal


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        (["x"], ["a", "b", "c", "d"]),
        (["…", "x"], ["…", "d"]),
        (["x", "…"], ["a", "…"]),
        (["x", "  …", "y", "z"], ["a", "  …", "c", "d"]),
        (["x", "…", "y", "…", "z"], ["a", "…", "d"]),
        (["x", "y", "…", "y", "z"], ["a", "b", "c", "d"]),
    ],
)
def test_three_dots_are_kept_when_an_output_is_updated(shown, written):
    """Lines that a page leaves out stay left out, unless the output has too few."""
    assert transcript.abridge(shown, ["a", "b", "c", "d"]) == written


def test_a_difference_shows_what_was_expected_and_what_came():
    """The diff has the documented line with -, the printed one with +."""
    assert transcript.difference(["a", "b"], ["a", "c"]) == "@@ -1,2 +1,2 @@\n a\n-b\n+c"
