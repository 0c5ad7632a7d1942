"""Checks that the companion stays small enough to read: its rooms, its modules and the whole have a bound each."""

from collections import Counter

from companion.chain.stages import ROOT

ROOM, MODULE, WHOLE = 2000, 230, 12_100  # lines, templates included
COMPANION = ROOT / "companion"
TEXTS = {
    path.relative_to(COMPANION): path.read_text(encoding="utf-8")
    for path in sorted(COMPANION.rglob("*"))
    if path.suffix in {".py", ".html", ".css", ".js", ".toml"}
}
LINES = {path: len(text.splitlines()) for path, text in TEXTS.items()}


def test_no_room_is_too_large():
    """A room that has more than one purpose becomes two rooms."""
    rooms = Counter()
    for path, count in LINES.items():
        rooms[path.parts[0]] += count

    assert {room: count for room, count in rooms.items() if count > ROOM} == {}


def test_no_module_is_too_large():
    """A module is read from top to bottom, on a few screens."""
    assert {str(path): count for path, count in LINES.items() if count > MODULE} == {}


def test_the_companion_is_not_too_large():
    """Look for what can go before you raise this bound."""
    assert sum(LINES.values()) <= WHOLE


def test_the_formatter_lays_out_every_line():
    """A table that the formatter leaves alone has fewer lines than it would have. Its place is a TOML file."""
    assert [str(path) for path, text in TEXTS.items() if "# fmt: " in text] == []
