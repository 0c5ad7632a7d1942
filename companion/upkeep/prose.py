"""Finds words, sentences and paragraphs in the docs that are hard to read. The words are in prose.toml.

Only text is checked: no code, tables, headings, blocks' first lines or comments. A folded note (`???`) does not count
towards the length of a chapter.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from companion.chain.chapters import no_prose, parse

RULES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
WORDS = {re.compile(find, re.IGNORECASE): better for find, better in RULES["words"].items()}
ALLOWED = [re.compile(find, re.IGNORECASE) for find in RULES["allowed"]]
CODE = re.compile(r"`[^`]+`")
MARKUP = re.compile(r"\[([^\]]+)\]\([^)]*\)|\{[^}]*\}|[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}|<[^>]+>")
NOT_PROSE = re.compile(r"\s*(\||#|<!--|/{3}|!!!|\?\?\?|===|\[.+\]:)")
BEGINS = re.compile(r"^\s*([-*]|\d+\.) ")
FOLDED = re.compile(r"(\s*)\?\?\?")
END = re.compile(r"(?<=[.!?])[\"')]* +(?=[\"'(`]?[A-Z0-9`])")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or list item: the number of its first line (from 1), its text, and whether it is in a folded note."""

    line: int
    text: str
    folded: bool

    @property
    def sentences(self) -> list[str]:
        """Returns its sentences, in which code counts as one word."""
        return END.split(self.text)


def paragraphs(page: str) -> Iterator[Paragraph]:
    """Yields the paragraphs of a Markdown page, which can have front matter."""
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
            yield Paragraph(first, MARKUP.sub(lambda found: found[1] or "", CODE.sub("`code`", held)), folded)
            held = ""
        if not ends:
            first, held = (first, f"{held} {line.strip()}") if held else (n + 1, BEGINS.sub("", line).strip())


def findings(path: Path) -> Iterator[str]:
    """Yields what to rewrite, with file and line."""
    total = 0
    for paragraph in paragraphs(path.read_text(encoding="utf-8")):
        place = f"{path.name}, line {paragraph.line}"
        total += 0 if paragraph.folded else len(paragraph.text.split())
        text = paragraph.text
        for allowed in ALLOWED:
            text = allowed.sub("", text)
        for word, better in WORDS.items():
            for found in word.finditer(text):
                yield f"{place}: {found[0]!r}. Write: {better}"
        for sentence in paragraph.sentences:
            if (count := len(sentence.split())) > RULES["most_words_in_a_sentence"]:
                yield f"{place}: a sentence of {count} words: {sentence[:60]}…"
        if (count := len(paragraph.sentences)) > RULES["most_sentences_in_a_paragraph"]:
            yield f"{place}: a paragraph of {count} sentences. Make it two, or a list."
    if path.parent.name == "chapters" and total > (most := RULES["most_words_in_a_chapter"]):
        yield f"{path.name}: {total} words of prose, and a chapter has at most {most}."
