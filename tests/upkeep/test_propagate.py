"""Edits are carried through a chain of stages, in real git repositories."""

from shutil import copytree

import pytest

from companion import cli
from companion.chain.stages import UnknownStage
from companion.upkeep.propagate import Conflict, propagate

TEXT = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
LATER = ("steps/02-b/f.txt", "steps/03-c/f.txt", "final/f.txt")


@pytest.fixture
def repository(chain, git):
    """Commits a chain of stages; returns its root."""

    def repository(stages):
        root = chain(stages)
        git("init")
        git("add", ".")
        git("commit", "-m", "Begin")
        return root

    return repository


@pytest.fixture
def root(repository):
    """Three stages and final, each of which adds a line at the end of the same file."""
    return repository(
        {
            "01-a": {"f.txt": TEXT, "same.txt": "x\n"},
            "02-b": {"f.txt": TEXT + "b\n", "same.txt": "x\n"},
            "03-c": {"f.txt": TEXT + "b\nc\n", "same.txt": "x\n"},
            "final": {"f.txt": TEXT + "b\nc\nfinal\n", "same.txt": "x\n"},
        }
    )


def carried(root, start=None):
    return list(propagate(start, root))


def read(root, *paths):
    return [(root / path).read_text() for path in paths]


def test_an_edit_goes_into_every_later_stage(root):
    """Each stage keeps its own lines, and all have the edit."""
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "TWO"))

    assert carried(root) == ["02-b: f.txt", "03-c: f.txt", "final: f.txt"]
    new = TEXT.replace("two", "TWO") + "b\n"
    assert read(root, *LATER) == [new, new + "c\n", new + "c\nfinal\n"]


def test_an_edit_goes_only_into_later_stages(root):
    """Earlier stages are left alone, and edits of stages before FROM are not carried."""
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "TWO"))
    (root / "steps/02-b/same.txt").write_text("y\n")

    assert carried(root, "2") == ["03-c: same.txt", "final: same.txt"]
    assert read(root, "steps/01-a/same.txt", "final/f.txt") == ["x\n", TEXT + "b\nc\nfinal\n"]
    with pytest.raises(UnknownStage):
        carried(root, "09-z")


def test_new_and_deleted_files_are_carried(root):
    """A new file is added to every later stage, in the same folder; a deleted file is deleted."""
    (root / "steps/01-a/app").mkdir()
    (root / "steps/01-a/app/new.txt").write_text("new\n")
    (root / "steps/01-a/same.txt").unlink()

    carried(root)

    assert read(root, "steps/02-b/app/new.txt", "final/app/new.txt") == ["new\n", "new\n"]
    assert not (root / "steps/03-c/same.txt").exists()
    assert not (root / "final/same.txt").exists()
    assert carried(root) == []


def test_an_edit_that_a_later_stage_has_of_its_own_stays(root):
    """An uncommitted edit in a later stage is merged, and carried from there too."""
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "TWO"))
    (root / "steps/02-b/f.txt").write_text((TEXT + "b\n").replace("six", "SIX"))

    carried(root)

    assert read(root, "steps/02-b/f.txt") == [TEXT.replace("two", "TWO").replace("six", "SIX") + "b\n"]
    assert "SIX" in read(root, "final/f.txt")[0]
    assert carried(root) == []


def test_an_edit_can_be_edited_again_after_it_was_carried(root):
    """You can edit, carry, edit the same line and carry again, in an existing file and in a new one."""
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "TWO"))
    (root / "steps/01-a/new.txt").write_text("new\n")
    carried(root)
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "zwei"))
    (root / "steps/01-a/new.txt").write_text("newer\n")

    assert carried(root) == [f"{stage}: {name}" for stage in ("02-b", "03-c", "final") for name in ("f.txt", "new.txt")]
    assert read(root, "final/f.txt", "final/new.txt") == [TEXT.replace("two", "zwei") + "b\nc\nfinal\n", "newer\n"]


def test_an_own_edit_on_top_of_what_was_carried_stays(root):
    """An edit that a later stage got after the first was carried is merged with the next edit."""
    (root / "steps/01-a/new.txt").write_text(TEXT)
    carried(root)
    (root / "steps/03-c/new.txt").write_text(TEXT.replace("six", "SIX"))
    (root / "steps/01-a/new.txt").write_text(TEXT.replace("two", "TWO"))

    carried(root)

    new = TEXT.replace("two", "TWO")
    assert read(root, "steps/02-b/new.txt", "steps/03-c/new.txt", "final/new.txt") == [
        new,
        *[new.replace("six", "SIX")] * 2,
    ]
    assert carried(root) == []


def test_the_same_edit_made_by_hand_in_every_stage_is_left_alone(repository):
    """Also if a later stage has its own lines next to the edit, which a merge by lines cannot separate."""
    own = TEXT.replace("three", "DREI")
    root = repository({"01-a": {"f.txt": TEXT}} | {stage: {"f.txt": own} for stage in ("02-b", "03-c", "final")})
    new = own.replace("two", "TWO")
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "TWO"))
    for path in LATER:
        (root / path).write_text(new)
    (root / "steps/03-c/f.txt").write_text(new.replace("six", "SIX"))

    assert carried(root, "01-a") == ["final: f.txt"]
    assert read(root, *LATER) == [new, *[new.replace("six", "SIX")] * 2]
    assert carried(root) == []


def test_a_partly_undone_edit_is_undone_everywhere(root):
    """What is left of the edit is in the later stages already; what was undone is undone there too."""
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "TWO").replace("six", "SIX"))
    carried(root)
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "TWO"))

    assert carried(root) == ["02-b: f.txt", "03-c: f.txt", "final: f.txt"]
    assert read(root, "final/f.txt") == [TEXT.replace("two", "TWO") + "b\nc\nfinal\n"]


def test_a_new_stage_is_an_edit_of_the_committed_stage_before_it(root):
    """A copy without differences carries nothing; its additions go into every later stage."""
    copytree(root / "steps/03-c", root / "steps/04-d")
    assert carried(root) == []

    (root / "steps/04-d/f.txt").write_text(TEXT.replace("two", "TWO") + "b\nc\n")
    (root / "steps/04-d/new.txt").write_text("new\n")
    assert carried(root) == ["final: f.txt", "final: new.txt"]
    assert read(root, "final/f.txt", "final/new.txt") == [TEXT.replace("two", "TWO") + "b\nc\nfinal\n", "new\n"]

    (root / "steps/01-a/f.txt").write_text(TEXT.replace("six", "SIX"))
    assert carried(root) == ["02-b: f.txt", "03-c: f.txt", "04-d: f.txt", "final: f.txt"]
    new = TEXT.replace("six", "SIX").replace("two", "TWO") + "b\nc\n"
    assert read(root, "steps/04-d/f.txt", "final/f.txt") == [new, new + "final\n"]
    assert carried(root) == []


CONFLICT = {
    "01-a": {"f.txt": TEXT},
    "02-b": {"f.txt": TEXT},
    "03-c": {"f.txt": TEXT.replace("two", "deux")},
    "final": {"f.txt": TEXT.replace("two", "deux") + "final\n"},
}


def test_a_conflict_stops_with_markers_and_the_next_command(repository):
    """The file to fix is named; the stages before it are done, those after it are unchanged."""
    root = repository(CONFLICT)
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "zwei"))

    with pytest.raises(Conflict) as caught:
        carried(root)

    assert str(caught.value) == (
        "steps/03-c/f.txt cannot be merged by itself. Fix the lines between <<<<<<< and >>>>>>>, then run again:\n"
        "    python -m companion propagate"
    )
    before, here, after = read(root, *LATER)
    assert before == TEXT.replace("two", "zwei")
    assert "<<<<<<< 03-c\ndeux\n=======\nzwei\n>>>>>>> 02-b, edited\n" in here
    assert after == CONFLICT["final"]["f.txt"]


def test_a_run_continues_after_a_conflict_is_fixed(repository):
    """It refuses while markers are left. Then the fixed text is carried on, and no edit is lost."""
    root = repository(CONFLICT)
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "zwei").replace("six", "SIX"))
    with pytest.raises(Conflict):
        carried(root)
    with pytest.raises(Conflict, match="steps/03-c/f.txt still has conflict markers"):
        carried(root)

    (root / "steps/03-c/f.txt").write_text(TEXT.replace("two", "deux zwei").replace("six", "SIX"))

    assert carried(root) == ["final: f.txt"]
    assert read(root, "final/f.txt") == [TEXT.replace("two", "deux zwei").replace("six", "SIX") + "final\n"]
    assert carried(root) == []


def test_a_file_changed_here_and_deleted_there_is_a_conflict(repository):
    """Neither side wins automatically; the user's decision is kept."""
    root = repository({"01-a": {"f": "1\n", "g": ""}, "02-b": {"f": "2\n", "g": ""}})
    (root / "steps/01-a/f").unlink()

    with pytest.raises(Conflict, match="steps/02-b/f cannot be merged line by line. Put the right version there, or "):
        carried(root)

    assert read(root, "steps/02-b/f") == ["2\n"]
    assert carried(root) == []


def test_an_unchanged_binary_file_is_replaced(repository):
    """Binary files are not merged: an unchanged one is replaced, a changed one is a conflict."""
    root = repository({"01-a": {"p": b"\x00\x01", "q": b"\x00a"}, "02-b": {"p": b"\x00\x01", "q": b"\x00b"}})
    (root / "steps/01-a/p").write_bytes(b"\x00\x02")

    assert carried(root) == ["02-b: p"]
    (root / "steps/01-a/q").write_bytes(b"\x00c")
    with pytest.raises(Conflict):
        carried(root)
    assert (root / "steps/02-b/q").read_bytes() == b"\x00b"


def test_the_command_prints_what_it_did_and_what_to_do(repository, monkeypatch, capsys):
    """`propagate` prints each file; at a conflict it exits with 1 and says how to go on."""
    root = repository(CONFLICT)
    monkeypatch.setattr("companion.upkeep.commands.ROOT", root)
    (root / "steps/01-a/f.txt").write_text(TEXT.replace("two", "zwei"))

    assert cli.main(["propagate"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "02-b: f.txt\n"
    assert printed.err.startswith("Error: steps/03-c/f.txt cannot be merged by itself.")

    (root / "steps/03-c/f.txt").write_text(TEXT.replace("two", "zwei"))
    assert cli.main(["propagate"]) == 0
    summary = "1 file carried. Read the change (git diff), run the tests, commit."
    assert capsys.readouterr().out == f"final: f.txt\n{summary}\n"
    assert cli.main(["propagate"]) == 0
    assert capsys.readouterr().out == "Nothing to carry: every later stage has the edits of the stages before it.\n"
    assert cli.main(["propagate", "99-x"]) == 2
    assert "there is no stage '99-x'; there are: 01-" in capsys.readouterr().err
