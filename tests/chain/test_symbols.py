import pytest

from companion.chain import symbols as module
from companion.chain.symbols import NotPython, enclosing, lines_of, symbols

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
    """Classes, functions, constants and imports are found, with the decorators and comments above them."""
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


def test_the_symbol_around_a_line_is_found():
    """A line belongs to the innermost class or function."""
    table = symbols(TEXT)

    assert enclosing(table, 12) is table["User"]
    assert enclosing(table, 14) is table["User.token"]
    assert enclosing(table, 9) is None


def test_a_constant_has_its_lines_without_the_comment_below():
    """A line inside a constant belongs to its class, or to the top level, unless constants are asked for."""
    table = symbols("X = [\n    1,\n]\n# end\n")

    assert (table["X"].first, table["X"].last) == (1, 3)
    assert (enclosing(table, 2), enclosing(table, 2, ["name"])) == (None, table["X"])


def test_what_is_defined_twice_has_two_places():
    """A property and its setter, a list and its extension, or two groups of imports: without the lines between."""
    text = "import a\n# both\nimport b\n\nX = []\n\nimport c\n\n\nclass U:\n    @property\n    def t(self):\n        pass\n\n    u = 1\n\n    @t.setter\n    def t(self, v):\n        pass\n\n\nX += [1]\n"
    found = symbols(text)

    assert found["imports"].spans == ((1, 3), (7, 7))
    assert found["X"].spans == ((5, 5), (22, 22))
    assert found["U.t"].spans == ((11, 13), (17, 19))
    assert enclosing(found, 15) is found["U"]
    assert enclosing(found, 18) is found["U.t"]


def test_what_is_defined_under_a_condition_is_found():
    """Names inside `if`, `try` and `with`, and unpacked names, can be selected like all others."""
    text = "if a:\n    X = 1\nelse:\n    Y = 2\ntry:\n    def f(): pass\nexcept E:\n    Z = 3\nfinally:\n    W = 4\nwith o:\n    V = 5\nA, B = 6, 7\n"

    assert {name: symbol.first for name, symbol in symbols(text).items()} == {
        "X": 2, "Y": 4, "f": 6, "Z": 8, "W": 10, "V": 12, "A": 13, "B": 13
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\r\nb\rc\n\n", ["a", "b", "c", ""]), ("a\f\u2028b", ["a\f\u2028b"])],
)
def test_lines_are_those_of_python(text, lines):
    """Form feeds and Unicode separators don't end a line, so later lines keep Python's numbers."""
    assert lines_of(text) == lines


def test_a_file_that_does_not_parse_says_where():
    """The error names the line."""
    with pytest.raises(NotPython, match="line 2 is not Python: "):
        symbols("x = 1\ndef (:\n")


def test_a_comment_is_read_once_for_all_names_below_it(monkeypatch):
    """Otherwise, a thousand names below a thousand comment lines would need a million comparisons."""
    looks = []

    class Line(str):
        def lstrip(self):
            looks.append(self)
            return self

    monkeypatch.setattr(module, "lines_of", lambda text: [*map(Line, lines_of(text))])
    found = module.symbols("# above\n" * 1000 + "a, " * 1000 + "= 1,\n")

    assert found["a"].spans == ((1, 1001),) * 1000
    assert len(looks) == 1001
