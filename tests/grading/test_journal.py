import json
import os

import pytest

from companion.grading import journal as journaling
from companion.grading.journal import Journal, Key, write_whole
from companion.grading.verdicts import CannotGrade, Grade, Outcome, Verdict

ADA = Key("ada", "1", "suite")
PASS = Grade(Verdict.PASSED, outcomes={"a": Outcome("passed")}, expected=1, proof=True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


def add(path, *entries):
    with Journal(path) as journal:
        for key, result in entries:
            journal.add(key, result)


def test_what_was_added_is_there_the_next_time(path):
    add(path, (ADA, PASS))

    with Journal(path) as journal:
        assert journal.results[ADA] == PASS


@pytest.mark.parametrize("key", [Key("ada", "2", "suite"), Key("ada", "1", "other"), Key("bob", "1", "suite")])
def test_what_has_changed_is_not_done(path, key):
    add(path, (ADA, PASS))

    with Journal(path) as journal:
        assert key not in journal.results


def test_the_last_result_for_a_key_counts(path):
    add(path, (ADA, Grade(Verdict.TIMEOUT)), (ADA, PASS))

    with Journal(path) as journal:
        assert journal.results[ADA] == PASS


def test_what_shall_be_graded_again_is_forgotten(path):
    """What the grader failed on is never done; other verdicts are named."""
    bob, cyd = Key("bob", "1", "suite"), Key("cyd", "1", "suite")
    add(path, (ADA, PASS), (bob, Grade(Verdict.TIMEOUT)), (cyd, Grade(Verdict.GRADER_FAILED)))

    with Journal(path) as journal:
        journal.forget([Verdict.TIMEOUT])
        assert journal.results[ADA] == PASS
        assert bob not in journal.results
        assert cyd not in journal.results


def test_lines_before_an_interrupted_write_are_kept(path):
    """A process that is killed while it writes leaves an incomplete line; every length of it is tried."""
    add(path, (ADA, PASS))
    first = path.read_bytes()
    bob = Key("bob", "1", "suite")
    add(path, (bob, PASS))
    whole = path.read_bytes()
    for length in range(len(first), len(whole)):
        path.write_bytes(whole[:length])
        with Journal(path) as journal:
            assert journal.results[ADA] == PASS
            assert bob not in journal.results
            journal.add(bob, PASS)
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"5",
        b"[]",
        b"{}",
        b'{"name": "x"}',
        b"\xff\xfe",
        b'{"name": 1, "digest": 2, "suite": 3, "result": {}}',
    ],
)
def test_a_line_that_is_not_ours_is_passed_over(path, line):
    add(path, (ADA, PASS))
    path.write_bytes(line + b"\n" + path.read_bytes())

    with Journal(path) as journal:
        assert journal.results[ADA] == PASS


def test_a_result_is_on_the_disk_before_add_returns(path, monkeypatch):
    synced = []
    monkeypatch.setattr(journaling.os, "fsync", lambda number: synced.append(path.read_bytes()))
    with Journal(path) as journal:
        journal.add(ADA, PASS)

    assert json.loads(synced[-1])["name"] == "ada"


def test_two_runs_cannot_write_one_journal(path):
    with Journal(path), pytest.raises(CannotGrade, match="another run writes to"), Journal(path):
        pass


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    write_whole(path, "old")

    def killed(number):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            write_whole(path, "new")
    assert path.read_text() == "old"

    write_whole(path, "newer")
    assert path.read_text() == "newer"
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
