"""What the check of the docs' text finds, and what it ignores."""

import pytest
from click.testing import CliRunner

from companion.upkeep import commands
from companion.upkeep.prose import findings, paragraphs

PAGE = """---
title: Whoever
---

# Whoever

One sentence. `whoever` is code. Another
line.

- An item. It has two sentences.
1. Another item.

/// beside | authentication/models.py#User
    generated: whoever

Text with a [link](https://example.com/whoever) and **bold** words.

///

```console
$ whoever
```

| whoever | table |

??? question "Whoever?"

    A folded answer.

<!-- run: whoever -->
The end.
"""


@pytest.fixture
def page(tmp_path):
    """Writes a page with this text, and returns its path."""

    def page(text, folder="docs"):
        path = tmp_path / folder / "page.md"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        return path

    return page


def test_code_and_tables_are_not_prose():
    """Front matter, headings, code, tables, first lines of blocks and comments are left out."""
    found = [(paragraph.line, paragraph.text, paragraph.folded) for paragraph in paragraphs(PAGE)]

    assert found == [
        (7, "One sentence. `code` is code. Another line.", False),
        (10, "An item. It has two sentences.", False),
        (11, "Another item.", False),
        (16, "Text with a link and bold words.", False),
        (28, "A folded answer.", True),
        (31, "The end.", False),
    ]


def test_a_sentence_ends_before_a_capital_letter_a_number_or_code():
    """A dot in a number or a file name does not end a sentence."""
    (paragraph,) = paragraphs("It is in models.py. PyJWT 2.10 needs it. `exp` is a claim. 10 seconds pass.")

    assert paragraph.sentences == [
        "It is in models.py.",
        "PyJWT 2.10 needs it.",
        "`code` is a claim.",
        "10 seconds pass.",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Whoever logs in.", ["page.md, line 1: 'Whoever'. Write: a user who …, a client that …, an attacker"]),
        ("word " * 28 + "end.", [f"page.md, line 1: a sentence of 29 words: {('word ' * 28)[:60]}…"]),
        ("One. Two. Three. Four. Five.", ["page.md, line 1: a paragraph of 5 sentences. Make it two, or a list."]),
        ("A transaction holds a lock. Write `/// beside` in docs.", []),
        ("One word.\n\n" * 900 + '??? question "More?"\n\n    A folded note.\n', []),
        ("One word.\n\n" * 901, ["page.md: 1802 words of prose, and a chapter has at most 1800."]),
    ],
    ids=["word", "sentence", "paragraph", "exception", "folded note", "chapter"],
)
def test_what_is_hard_to_read_is_found(page, text, found):
    """Each finding has its file, its line and what to write. Words in a folded note are not counted."""
    assert list(findings(page(text, "chapters"))) == found


def test_the_command_fails_when_there_is_something_to_rewrite(page, monkeypatch):
    """The command prints the findings and their number; an unknown page is named."""
    path = page("Whoever logs in.")
    monkeypatch.setattr(commands, "ROOT", path.parent.parent)
    run = CliRunner().invoke(commands.read_prose, ["page"], standalone_mode=False)

    assert run.return_value == 1
    assert run.output.endswith("1 to rewrite\n")
    run = CliRunner().invoke(commands.read_prose, ["nothing"])
    assert (run.exit_code, run.output.splitlines()[-1]) == (2, "Error: No page is called nothing. There are: page")
