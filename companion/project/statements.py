"""A Python file as a list of statements, each with its words: how it is formatted does not count."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, replace
from functools import lru_cache

APP = "authentication"  # the app of the tutorial
NO_WORDS = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)
OPEN, CLOSED = "([{", ")]}"
SECRET = "SECRET_KEY"  # startproject makes up another one for everybody: it is no difference
SECRET_LENGTH = 32  # characters from which it is one that can be used


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, or the head of a block; `depth` counts the blocks around it, `lines` has the line of each word."""

    words: tuple[str, ...]
    depth: int
    lines: tuple[int, ...]
    last: int = 0

    @property
    def line(self) -> int:
        """The line on which it begins."""
        return self.lines[0]

    @property
    def imports(self) -> bool:
        """Whether it imports something: the order of imports means nothing."""
        return self.words[0] in ("import", "from")

    @property
    def key(self) -> tuple[object, ...]:
        """What two statements of the same meaning have in common: `.tokens` is `authentication.tokens`."""
        if self.words[0] == "from" and "import" in self.words:
            middle = self.words.index("import")
            names = sorted(word for word in self.words[middle + 1 :] if word not in "(),")
            source = "".join(self.words[1:middle]).removeprefix(APP)
            return ("from", source, *names)
        return (self.words, self.depth)

    @property
    def text(self) -> str:
        """The statement as one line."""
        return joined(self.words)


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
                found.append(replace(_statement(words, depth), last=token.start[0]))
            words = []
        elif token.type not in NO_WORDS:
            words.append((_plain(token), token.start[0]))
    return tuple(found)


@lru_cache(maxsize=256)
def lines_as_statements(text: str) -> tuple[Statement, ...]:
    """The lines of a text that is not Python, or that Python can't read, without comments and blank lines."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = tuple(re.findall(r"\w+|[^\w\s]", line))
        if words and words[0] != "#":
            depth = (len(line) - len(line.lstrip())) // 4
            found.append(Statement(words, depth, (number,) * len(words), number))
    return tuple(found)


def same_meaning(mine: Statement, theirs: Statement) -> bool:
    """Whether Python understands two statements as the same: brackets that change nothing don't count."""
    texts = [" ".join(each.words) + (" pass" if each.words[-1] == ":" else "") for each in (mine, theirs)]
    try:
        return len({ast.dump(ast.parse(text)) for text in texts}) == 1
    except (SyntaxError, ValueError):
        return False


def joined(words: tuple[str, ...]) -> str:
    """The words as a person writes them, without what divides them from others."""
    text = re.sub(r" ?([.(\[]) ?|(?<=\{) | (?=[)\]},:])", r"\1", re.sub(r" = | =$", "=", " ".join(words)))
    return text.strip(", ") or text


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
    """Whether a comma behind these words makes a tuple: no other one is in the round bracket around it."""
    depth = 0
    for word, _ in reversed(before):
        if depth == 0 and word == ",":
            return False
        depth += (word in CLOSED) - (word in OPEN)
        if depth < 0:
            return word == "("
    return True


def _plain(token: tokenize.TokenInfo) -> str:
    """A word, with the quotation marks that Python itself would choose."""
    if token.type == tokenize.STRING:
        try:
            return repr(ast.literal_eval(token.string))
        except (ValueError, SyntaxError):
            return token.string  # an f-string, before Python 3.12
    return token.string
