"""Every chapter number in the text is a link to that chapter, so that numbers stay right when stages move."""

import re

import pytest

from companion.chain.chapters import parse
from companion.chain.stages import ROOT, stages

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NUMBER = re.compile(r"\b[Cc]hapters?\s+(\d+)")
LINK = re.compile(r"\[(?P<text>[^]]*)\]\((?P<target>[^)\s]*)\)")
NUMBERS = {f"{stage.name}.md": stage.name[:2] for stage in stages()}


def problems(text):
    """Yields chapter numbers that are not links, and links whose number is not that of their chapter."""
    lines = text.splitlines()
    code = {n for fence in parse(lines)[1] for n in range(fence.start - 1, fence.end + 1)}
    prose = "\n".join("" if n in code else line for n, line in enumerate(lines))
    for link in LINK.finditer(prose):
        said = NUMBER.search(link["text"])
        name = link["target"].partition("#")[0].rpartition("/")[2]
        if said and int(said[1]) != int(NUMBERS.get(name, "0")):
            yield f"{link[0]} leads to {name}"
    yield from (found[0] for found in NUMBER.finditer(LINK.sub("", prose)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_number_of_a_chapter_is_a_link_to_it(page):
    assert list(problems(page.read_text())) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See [chapter 2](02-user-model.md#x).", []),
        ("See [chapter 3](02-user-model.md).", ["[chapter 3](02-user-model.md) leads to 02-user-model.md"]),
        ("See chapter 3.", ["chapter 3"]),
        ("```\nchapter 3\n```\n", []),
    ],
    ids=["right", "wrong", "no link", "code"],
)
def test_numbers_are_found(text, found):
    assert list(problems(text)) == found
