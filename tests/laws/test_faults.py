"""The 71 faults of the 2018 article: each is called out once, where it is fixed or left for later."""

import re

from companion.chain.chapters import chapter
from companion.chain.stages import stages

NOTE = re.compile(
    r'^ *!!! (?:(fixed) "2018 · faults? ([\d, ]+)"|(later) "2018 · faults? ([\d, ]+) · left for later")$', re.MULTILINE
)
ANY_NOTE = re.compile(r"^ *!!! (?:fixed|later)\b.*$", re.MULTILINE)


def _notes():
    for stage in stages():
        text = chapter(stage).path.read_text()
        for fixed, numbers, later, left in NOTE.findall(text):
            for number in (numbers or left).split(","):
                yield int(number), fixed or later


def test_every_fault_is_named_exactly_once():
    """Each number from 1 to 71 stands in exactly one note of the chapters."""
    assert sorted(number for number, _ in _notes()) == list(range(1, 72))


def test_every_note_has_the_form_that_is_counted():
    """A note on 2018 has one of the two forms, because a typo would hide its numbers."""
    for stage in stages():
        text = chapter(stage).path.read_text()
        assert len(ANY_NOTE.findall(text)) == len(NOTE.findall(text)), stage.name


def test_what_is_not_mended_yet_is_left_for_later():
    """These faults wait for a stage that is not there yet; no chapter says that it has fixed them."""
    assert {number for number, kind in _notes() if kind == "later"} == {37}
