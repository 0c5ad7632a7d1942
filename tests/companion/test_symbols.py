import pytest

from companion.reading.symbols import NotPython, before, enclosing, symbols

TEXT = '''\
import a
from b import c

# What it is for.
LIMIT = 3
size: int = 4


class User:
    name = "x"

    @property
    def token(self):
        return 1

    async def later(self):
        pass


def top():
    pass
'''


def test_symbols_have_their_lines():
    """Classes, functions, constants and imports are found, with decorators and comments above them."""
    found = {name: (symbol.kind, symbol.first, symbol.last) for name, symbol in symbols(TEXT).items()}

    assert found == {
        "imports": ("imports", 1, 2),
        "LIMIT": ("name", 4, 5),
        "size": ("name", 6, 6),
        "User": ("class", 9, 17),
        "User.name": ("name", 10, 10),
        "User.token": ("function", 12, 14),
        "User.later": ("function", 16, 17),
        "top": ("function", 20, 21),
    }


def test_the_place_of_a_line_is_known():
    """A line stands in the innermost class or function, after the last symbol above it."""
    table = symbols(TEXT)

    assert enclosing(table, 12) is table["User"]
    assert enclosing(table, 14) is table["User.token"]
    assert enclosing(table, 9) is None
    assert before(table, 12, "User") is table["User.name"]
    assert before(table, 20, "") is table["User"]
    assert before(table, 1, "") is None


def test_a_file_that_does_not_parse_says_where():
    """The error names the line."""
    with pytest.raises(NotPython, match="line 2 is not Python: "):
        symbols("x = 1\ndef (:\n")
