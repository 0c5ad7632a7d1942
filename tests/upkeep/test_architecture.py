"""Compares docs/architecture.md with the packages of the companion and with their imports."""

import ast
import re

import pytest

from companion.chain.stages import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PICTURE = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()
ROWS = re.findall(r"^\| `([\w/]+)` \| (.+?) \| ([\w, ]+) \|$", PAGE, re.MULTILINE)
PACKAGES = {
    path.parent.relative_to(ROOT / "companion").as_posix(): path
    for path in sorted((ROOT / "companion").rglob("__init__.py"))
    if path.parent.name != "companion"
}


def imported(room):
    """Returns the other rooms that the modules of a room import."""
    place = ROOT / "companion" / room
    paths = list(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    assert paths
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    rooms = {name.split(".")[1] for name in found if name.startswith("companion.")}
    return (rooms & PACKAGES.keys()) - {room.split("/")[0]}


def below():
    """Maps each room in the picture to the rooms below it."""
    boxes = {}
    for height, line in enumerate(PICTURE):
        for hit in re.finditer(r"(?<=│) +(\w+) +(?=│)", line):
            boxes[hit[1]] = (height, hit.start(), hit.end())
    return {
        room: {other for other, (low, start, end) in boxes.items() if low > high and start < right and end > left}
        for room, (high, left, right) in boxes.items()
    }


def test_the_picture_has_every_room():
    """The command line and each package directly in companion/ have a box."""
    assert set(below()) == {"cli", *(room for room in PACKAGES if "/" not in room)}


@pytest.mark.parametrize("room", sorted({"cli", *PACKAGES} - {room for room in PACKAGES if "/" in room}))
def test_a_room_imports_only_rooms_that_are_drawn_below_it(room):
    """A room does not import a room above it or next to it."""
    assert imported(room) <= below()[room]


def test_the_table_says_what_each_room_is_for_and_imports():
    """The sentence of a room is its package's docstring, and the imports are those of its modules."""
    sentences = {room: ast.get_docstring(ast.parse(path.read_text())) for room, path in PACKAGES.items()}
    imports = {room: ", ".join(sorted(imported(room))) or "nothing" for room in ["cli", *PACKAGES]}

    assert {room: sentence for room, sentence, _ in ROWS if room != "cli"} == sentences
    assert {room: names for room, _, names in ROWS} == imports


def test_every_module_that_the_page_names_exists():
    """Each module that the two paths name is a file or a package."""
    rooms = "|".join(room for room in PACKAGES if "/" not in room)
    named = set(re.findall(rf"`((?:{rooms})/[\w/]+)`", PAGE))

    assert len(named) > 15
    places = [ROOT / "companion" / name for name in sorted(named)]
    assert [place for place in places if not place.is_dir() and not place.with_suffix(".py").is_file()] == []


def test_the_tests_have_a_folder_for_each_room():
    """The tests of a room are in the folder of the same name."""
    rooms = [room for room in PACKAGES if "/" not in room]

    assert [room for room in rooms if not list((ROOT / "tests" / room).glob("test_*.py"))] == []
