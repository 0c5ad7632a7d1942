"""Splits a Python file into statements and words, so that files can be compared without their formatting."""

import ast
import io
import re
import tokenize
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

APP = "authentication"  # the app of the tutorial
NO_WORDS = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)
OPEN, CLOSED = "([{", ")]}"
SECRET = "SECRET_KEY"  # startproject generates it at random, so it always differs
SECRET_LENGTH = 32  # characters: a longer key is secure enough to be used


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, or the first line of a block. `depth` counts the enclosing blocks; `lines` has each word's line."""

    words: tuple[str, ...]
    depth: int
    lines: tuple[int, ...]
    last: int = 0

    @property
    def line(self) -> int:
        """Returns the line on which the statement begins."""
        return self.lines[0]

    @property
    def imports(self) -> bool:
        """Returns whether it is an import: the order of imports has no meaning."""
        return self.words[0] in ("import", "from")

    @property
    def key(self) -> tuple[object, ...]:
        """Returns a value that is equal for equal statements: `.tokens` and `authentication.tokens` are the same."""
        if self.words[0] == "from" and "import" in self.words:
            middle = self.words.index("import")
            names = sorted(word for word in self.words[middle + 1 :] if word not in "(),")
            source = "".join(self.words[1:middle]).removeprefix(APP)
            return ("from", source, *names)
        return (self.words, self.depth)


@lru_cache(maxsize=256)
def statements(text: str) -> tuple[Statement, ...]:
    """Returns the statements of a file, without comments and docstrings, or () if it is not valid Python."""
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
                found.append(_statement(words, depth, token.start[0]))
            words = []
        elif token.type not in NO_WORDS:
            words.append((_plain(token), token.start[0]))
    return tuple(found)


@lru_cache(maxsize=256)
def lines_as_statements(text: str) -> tuple[Statement, ...]:
    """Returns the lines of a file that is not valid Python as statements, without comments and blank lines."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = tuple(re.findall(r"\w+|[^\w\s]", line))
        if words and words[0] != "#":
            depth = (len(line) - len(line.lstrip())) // 4
            found.append(Statement(words, depth, (number,) * len(words), number))
    return tuple(found)


def same_meaning(mine: Statement, theirs: Statement) -> bool:
    """Returns whether two statements have the same syntax tree, so differ only in redundant brackets."""
    texts = [" ".join(each.words) + (" pass" if each.words[-1] == ":" else "") for each in (mine, theirs)]
    with suppress(SyntaxError, ValueError):
        return len({ast.dump(ast.parse(text)) for text in texts}) == 1
    return False


def joined(words: tuple[str, ...]) -> str:
    """Returns the words as formatted code, without the comma or space at either end."""
    text = re.sub(r" ?([.(\[]) ?|(?<=\{) | (?=[)\]},:])", r"\1", re.sub(r" = | =$", "=", " ".join(words)))
    return text.strip(", ") or text


def _statement(words: list[tuple[str, int]], depth: int, last: int) -> Statement:
    """Returns the statement without a trailing comma inside brackets."""
    follows = [word for word, _ in words[1:]] + [CLOSED]
    kept = [word for n, word in enumerate(words) if word[0] != "," or follows[n] not in CLOSED or _alone(words[:n])]
    said = [word for word, _ in kept]
    if said[:2] == [SECRET, "="] and len(said) == 3 and len(said[2]) > SECRET_LENGTH and said[2][-1] in "\"'":
        said[2] = repr(SECRET)
    return Statement(tuple(said), depth, tuple(line for _, line in kept), last)


def _alone(before: list[tuple[str, int]]) -> bool:
    """Returns whether a comma after these words makes a tuple: it is the first in its round brackets."""
    depth = 0
    for word, _ in reversed(before):
        if depth == 0 and word == ",":
            return False
        depth += (word in CLOSED) - (word in OPEN)
        if depth < 0:
            return word == "("
    return True


def _plain(token: tokenize.TokenInfo) -> str:
    """Returns the text of a token; strings are normalized to the quotation marks of `repr`."""
    if token.type == tokenize.STRING:
        with suppress(ValueError, SyntaxError):  # an f-string, before Python 3.12
            return repr(ast.literal_eval(token.string))
    return token.string
