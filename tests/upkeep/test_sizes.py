"""Checks that the companion stays small enough to read, with limits for rooms, modules and the whole."""

from collections import Counter

from companion.chain.stages import ROOT

ROOM, MODULE, WHOLE = 2000, 230, 9_950  # lines, with templates
COMPANION = ROOT / "companion"
TEXTS = {
    path.relative_to(COMPANION): path.read_text(encoding="utf-8")
    for path in sorted(COMPANION.rglob("*"))
    if path.suffix in {".py", ".html", ".css", ".js", ".toml"}
}
LINES = {path: len(text.splitlines()) for path, text in TEXTS.items()}


def test_no_room_is_too_large():
    """A room that has more than one purpose should be split."""
    rooms = Counter()
    for path, count in LINES.items():
        rooms[path.parts[0]] += count

    assert {room: count for room, count in rooms.items() if count > ROOM} == {}


def test_no_module_is_too_large():
    """A module is read from top to bottom, on a few screens."""
    assert {str(path): count for path, count in LINES.items() if count > MODULE} == {}


def test_the_companion_is_not_too_large():
    """Look for code to delete before you raise this limit."""
    assert sum(LINES.values()) <= WHOLE


def test_the_formatter_lays_out_every_line():
    """`# fmt: skip` would hide the size of a table. Move the table to a TOML file instead."""
    assert [str(path) for path, text in TEXTS.items() if "# fmt: " in text] == []
