"""The docs have no words, sentences or paragraphs that are hard to read. The words are in prose.toml.

Only text is checked: no code, tables, headings, blocks' first lines or comments. A folded note (`???`) does not count
towards the length of a chapter.
"""

import re
import tomllib
from pathlib import Path

import pytest

from companion.chain.chapters import no_prose, parse
from companion.chain.stages import ROOT

PAGES = sorted((ROOT / "docs").rglob("*.md"))
RULES = tomllib.loads(Path(__file__).with_name("prose.toml").read_text(encoding="utf-8"))
WORDS = {re.compile(find, re.IGNORECASE): better for find, better in RULES["words"].items()}
ALLOWED = re.compile("|".join(RULES["allowed"]), re.IGNORECASE)
CODE = re.compile(r"`[^`]+`")
MARKUP = re.compile(r"\[([^\]]+)\]\([^)]*\)|\{[^}]*\}|[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}|<[^>]+>")
NOT_PROSE = re.compile(r"\s*(\||#|<!--|/{3}|!!!|\?\?\?|===|\[.+\]:)")
BEGINS = re.compile(r"^\s*([-*]|\d+\.) ")
FOLDED = re.compile(r"(\s*)\?\?\?")
END = re.compile(r"(?<=[.!?])[\"')]* +(?=[\"'(`]?[A-Z0-9`])")


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_is_easy_to_read(page):
    """The failure has the line of each word, sentence or paragraph, and what to write instead."""
    if found := list(findings(page)):
        pytest.fail("\n".join(found), pytrace=False)


def findings(path):
    """Yields what to rewrite in a page, with file and line."""
    total = 0
    for line, text, folded in paragraphs(path.read_text(encoding="utf-8")):
        place = f"{path.name}, line {line}"
        total += 0 if folded else len(text.split())
        checked = ALLOWED.sub("", text)
        for word, better in WORDS.items():
            for found in word.finditer(checked):
                yield f"{place}: {found[0]!r}. Write: {better}"
        sentences = END.split(text)
        for sentence in sentences:
            if (count := len(sentence.split())) > RULES["most_words_in_a_sentence"]:
                yield f"{place}: a sentence of {count} words: {sentence[:60]}…"
        if (count := len(sentences)) > RULES["most_sentences_in_a_paragraph"]:
            yield f"{place}: a paragraph of {count} sentences. Make it two, or a list."
    if path.parent.name == "chapters" and total > (most := RULES["most_words_in_a_chapter"]):
        yield f"{path.name}: {total} words of prose, and a chapter has at most {most}."


def paragraphs(page):
    """Yields the first line, the text, and whether it is in a folded note, of each paragraph or list item of a page.

    Lines are counted from 1. In the text, code is one word.
    """
    lines = page.splitlines()
    skipped = no_prose(*parse(lines))
    if lines[:1] == ["---"]:
        skipped |= set(range(lines.index("---", 1) + 1))
    first, held, fold, folded = 0, "", "", False
    for n, line in enumerate([*lines, ""]):
        if found := FOLDED.match(line):
            fold, folded = found[1] + "    ", True
        elif line.strip() and folded and not line.startswith(fold):
            folded = False
        ends = n in skipped or not line.strip() or NOT_PROSE.match(line)
        if held and (ends or BEGINS.match(line)):
            yield first, MARKUP.sub(lambda found: found[1] or "", CODE.sub("`code`", held)), folded
            held = ""
        if not ends:
            first, held = (first, f"{held} {line.strip()}") if held else (n + 1, BEGINS.sub("", line).strip())


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


def test_code_and_tables_are_not_prose():
    """Front matter, headings, code, tables, first lines of blocks and comments are left out."""
    assert list(paragraphs(PAGE)) == [
        (7, "One sentence. `code` is code. Another line.", False),
        (10, "An item. It has two sentences.", False),
        (11, "Another item.", False),
        (16, "Text with a link and bold words.", False),
        (28, "A folded answer.", True),
        (31, "The end.", False),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Whoever logs in.", ["page.md, line 1: 'Whoever'. Write: a user who …, a client that …, an attacker"]),
        ("word " * 28 + "end.", [f"page.md, line 1: a sentence of 29 words: {('word ' * 28)[:60]}…"]),
        ("One. `exp`. Three. 4. Five.", ["page.md, line 1: a paragraph of 5 sentences. Make it two, or a list."]),
        ("It is in models.py. PyJWT 2.10 needs it. `exp` is a claim. 10 seconds pass.", []),
        ("A transaction holds a lock. Write `/// beside` in docs.", []),
        ("One word.\n\n" * 900 + '??? question "More?"\n\n    A folded note.\n', []),
        ("One word.\n\n" * 901, ["page.md: 1802 words of prose, and a chapter has at most 1800."]),
    ],
    ids=["word", "sentence", "paragraph", "names with dots", "exception", "folded note", "chapter"],
)
def test_what_is_hard_to_read_is_found(tmp_path, text, found):
    """Each finding has its file, its line and what to write. Words in a folded note are not counted.

    A dot in a number or a file name does not end a sentence.
    """
    page = tmp_path / "chapters" / "page.md"
    page.parent.mkdir()
    page.write_text(text, encoding="utf-8")

    assert list(findings(page)) == found
