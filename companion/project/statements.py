"""A Python file as a list of statements, each with its words: how it is formatted does not count."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from functools import lru_cache

SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)
OPEN, CLOSED = "([{", ")]}"
SECRET = "SECRET_KEY"  # startproject makes up another one for everybody: it is no difference
SECRET_LENGTH = 32  # characters from which it is one that can be used


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, or the head of a block; `depth` counts the blocks around it, `lines` has the line of each word."""

    words: tuple[str, ...]
    depth: int
    lines: tuple[int, ...]

    @property
    def line(self) -> int:
        """The line on which it begins."""
        return self.lines[0]

    @property
    def imports(self) -> bool:
        """Whether it imports something: the order of imports means nothing."""
        return self.words[0] in ("import", "from")


@lru_cache(maxsize=256)
def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a file, without comments and docstrings; none where Python cannot read it."""
    try:
        ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (ValueError, SyntaxError, tokenize.TokenError):
        return ()
    found: list[Statement] = []
    words: list[tuple[str, int]] = []
    depth = 0
    for token in tokens:
        if token.type == tokenize.INDENT:
            depth += 1
        elif token.type == tokenize.DEDENT:
            depth -= 1
        elif token.type == tokenize.NEWLINE:
            if len(words) > 1 or words[0][0][-1] not in "\"'":
                found.append(_statement(words, depth))
            words = []
        elif token.type not in SKIPPED:
            words.append((_plain(token), token.start[0]))
    return tuple(found)


def _statement(words: list[tuple[str, int]], depth: int) -> Statement:
    """Without the comma that may follow the last of several things in brackets."""
    kept = [
        word
        for number, word in enumerate(words)
        if word[0] != "," or words[number + 1 :] and words[number + 1][0] not in CLOSED or _alone(words[:number])
    ]
    said = [word for word, _ in kept]
    if said[:2] == [SECRET, "="] and len(said) == 3 and len(said[2]) > SECRET_LENGTH and said[2][-1] in "\"'":
        said[2] = repr(SECRET)
    return Statement(tuple(said), depth, tuple(line for _, line in kept))


def _alone(before: list[tuple[str, int]]) -> bool:
    """Whether no other comma stands in the bracket that is open behind these words: then it makes a tuple."""
    depth = 0
    for word, _ in reversed(before):
        if depth == 0 and word == ",":
            return False
        depth += (word in CLOSED) - (word in OPEN)
        if depth < 0:
            return True
    return True


def _plain(token: tokenize.TokenInfo) -> str:
    """A word, with the quotation marks that Python itself would choose."""
    if token.type == tokenize.STRING:
        try:
            return repr(ast.literal_eval(token.string))
        except (ValueError, SyntaxError):
            return token.string  # an f-string, before Python 3.12
    return token.string
