"""Laws 3 and 4: every changed line is told, and a stage changes no more than one can follow."""

import re

import markdown
import pytest

from companion.chain.changes import changes
from companion.chain.chapters import BESIDE, CHAPTER, chapter, parse
from companion.chain.stages import previous
from companion.chain.steps import lay_out

MOST_LINES = 150


@pytest.fixture
def page(stage):
    return chapter(stage)


def test_every_changed_line_stands_beside_prose_once(page, caplog):
    """The chapter tells every line that its stage changes, and nothing else."""
    extensions = ["admonition", "attr_list", "tables", "pymdownx.superfences", "companion.site.extension"]
    html = markdown.markdown(page.body, extensions=extensions)

    assert caplog.messages == []
    assert 'class="rd-pane' in html


def test_a_chapter_is_about_its_own_stage(stage, page):
    """The chapter's block names the stage that its file is named after."""
    marks, _ = parse(page.body.splitlines())
    assert [mark.argument for mark in marks if mark.name == CHAPTER] == [stage.name]


def test_a_stage_changes_no_more_than_one_can_follow(stage, page):
    """At most 150 changed lines of code, or a chapter in parts of at most that, each ending in a run."""
    diff = changes(stage, previous(stage))
    parts = re.split(r"^## Part ", page.body, flags=re.MULTILINE)[1:] or [page.body]
    for part in parts:
        marks, _ = parse(part.splitlines())
        steps, _ = lay_out(diff, [mark for mark in marks if mark.name == BESIDE])
        told = {
            (claim.change.path, n)
            for step in steps
            for claim in step.claims
            if _is_code(stage, claim.change.path)
            for n in claim.owned
            if claim.change.rows[n].counts
        }
        assert len(told) <= MOST_LINES
        assert re.search(r"^```(console|pycon)$", part, re.MULTILINE), "a part ends in a run"


def _is_code(stage, path):
    generated = "/migrations/" in path or (stage.number == 1 and (path.startswith("config/") or path == "manage.py"))
    return path.endswith(".py") and not path.startswith("tests/") and not generated


def test_the_chapter_begins_and_ends_as_all_do(stage, page):
    """A chapter says where one types, and has its parts: try it, and what comes after."""
    text = page.path.read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert "our folder" in text
    assert "Try it" in headings or any(heading.startswith("Part ") for heading in headings)
    assert headings[-1].startswith("What ")
