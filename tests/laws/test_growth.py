"""Laws 3 and 4: a chapter shows every changed line, and a stage changes no more than a reader can follow."""

import re

import pytest

from companion.chain.changes import changes
from companion.chain.chapters import CHAPTER, chapter, parse
from companion.chain.stages import FINAL, previous
from companion.chain.steps import steps
from companion.site.overview import minutes
from companion.upkeep.transcripts.transcript import transcripts


@pytest.fixture
def page(stage):
    return chapter(stage)


def test_every_changed_line_is_shown_next_to_prose_once(page, rendered):
    """The chapter shows every line that its stage changes, and no other."""
    html, complaints = rendered(page)

    assert complaints == []
    assert 'class="rd-pane' in html


def test_every_step_has_its_anchor_in_the_page(stage, page, rendered):
    """`check` and the errata link to the ids that `steps` computes, so the page has exactly these."""
    html, _ = rendered(page)

    assert {step.ident for step in steps(stage)} == set(re.findall(r'id="(step-[\w-]+)"', html))


def test_a_chapter_is_about_its_own_stage(stage, page):
    """The chapter's block names the stage of its file's name."""
    marks, _ = parse(page.body.splitlines())
    assert [mark.argument for mark in marks if mark.name == CHAPTER] == [stage.name]


def test_a_stage_changes_no_more_than_one_can_follow(stage):
    """A stage adds at most 150 lines of code and removes at most 80, without blank and generated ones."""
    if stage.name == FINAL:
        return
    rows = [
        row
        for path, change in changes(stage, previous(stage)).files.items()
        if _is_code(stage, path)
        for row in change.rows
        if row.counts
    ]
    assert sum(row.kind == "+" for row in rows) <= 150
    assert sum(row.kind == "-" for row in rows) <= 80


def test_a_chapter_is_read_in_about_25_minutes(page):
    """A chapter is one evening, with the time to type it along."""
    assert minutes(page) <= 25


def test_a_chapter_runs_what_it_builds(page):
    """A chapter shows at least one command with its output."""
    assert any(block.entries for block in transcripts(page.path.read_text()))


def _is_code(stage, path):
    generated = "/migrations/" in path or (stage.number == 1 and (path.startswith("config/") or path == "manage.py"))
    return path.endswith(".py") and not path.startswith("tests/") and not generated


def test_the_chapter_begins_and_ends_as_all_do(stage, page):
    """A chapter says where to type, and has the sections "try it" and "what comes next"."""
    text = page.path.read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert "our project" in text
    assert "Try it" in headings or any(heading.startswith("Part ") for heading in headings)
    assert headings[-1].startswith("What ")
