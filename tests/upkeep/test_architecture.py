"""Compares docs/architecture.md with the companion's packages and imports, and checks what import-linter cannot."""

import ast
import re
import subprocess
import tomllib

import pytest

from companion.chain.stages import ROOT
from companion.running.processes import CHILD

COMPANION = ROOT / "companion"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PICTURE = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()
ROWS = re.findall(r"^\| `([\w/]+)` \| (.+?) \| ([\w, ]+) \|$", PAGE, re.MULTILINE)
PACKAGES = {
    path.parent.relative_to(COMPANION).as_posix(): path
    for path in sorted(COMPANION.rglob("__init__.py"))
    if path.parent != COMPANION
}
ROOMS = [room for room in PACKAGES if "/" not in room]
MODULES = {path.relative_to(COMPANION).as_posix(): path.read_text(encoding="utf-8") for path in COMPANION.rglob("*.py")}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def imported(room):
    """Returns the other rooms that the modules of a room import."""
    texts = [text for name, text in MODULES.items() if name == f"{room}.py" or name.startswith(f"{room}/")]
    assert texts
    found = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
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
    assert set(below()) == {"cli", *ROOMS}


@pytest.mark.parametrize("room", ["cli", *ROOMS])
def test_a_room_imports_only_rooms_that_are_drawn_below_it(room):
    """A room does not import a room above it or next to it."""
    assert imported(room) <= below()[room]


def test_the_table_says_what_each_room_is_for_and_imports():
    """The sentence of a room is its package's docstring, one whole sentence; the imports are those of its modules."""
    sentences = {room: ast.get_docstring(ast.parse(path.read_text())) for room, path in PACKAGES.items()}
    imports = {room: ", ".join(sorted(imported(room))) or "nothing" for room in ["cli", *PACKAGES]}

    assert {room: sentence for room, sentence, _ in ROWS if room != "cli"} == sentences
    assert [text for text in sentences.values() if not re.fullmatch(r"[A-Z][^.\n]+\.", text)] == []
    assert {room: names for room, _, names in ROWS} == imports


def test_every_module_that_the_page_names_exists():
    """Each module that the two paths name is a file or a package."""
    named = set(re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w/]+)`", PAGE))

    assert len(named) > 15
    assert [name for name in sorted(named) if name not in PACKAGES and f"{name}.py" not in MODULES] == []


def test_the_tests_have_a_folder_for_each_room():
    """The tests of a room are in the folder of the same name."""
    assert [room for room in ROOMS if not list((ROOT / "tests" / room).glob("test_*.py"))] == []


def test_contracts_leave_no_room_out():
    """A contract lists every room, except the rooms that may do what it forbids."""
    found = {
        each["name"]: {name.removeprefix("companion.") for name in each.get("source_modules", ())} for each in CONTRACTS
    }
    running = {name.replace("/", ".")[:-3] for name in MODULES if re.fullmatch(r"running/(?!__init__)\w+\.py", name)}

    assert found["Only the site knows Markdown"] == {*ROOMS} - {"site"}
    assert found["Only learners get explanations"] == {"grading", "site", "upkeep"}
    without_child = found["Only what runs in a project's process knows Django"]
    assert without_child == {*ROOMS, "cli"} - {"running"} | running


def test_every_program_is_started_from_where_it_is():
    """A module that runs as a program is started by its path, so no linter notices if the file moves."""
    programs = {name for name, text in MODULES.items() if '\nif __name__ == "__main__":' in text}
    started = {CHILD.relative_to(COMPANION).as_posix()}
    for name, text in MODULES.items():
        started |= set(re.findall(r'HOME / "([\w/]+\.py)"', text))
        started |= {f"{name.rpartition('/')[0]}/{script}" for script in re.findall(r'HERE / "(\w+\.py)"', text)}

    assert len(started) > 3
    assert started == programs


def test_no_file_of_the_companion_is_ignored_by_git(tmp_path):
    """Git ignores the built site, but not companion/site/ and tests/site/. An ignored file is never committed."""
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    paths = ["site/index.html", *(f"companion/{name}" for name in MODULES), "tests/site/test_site.py"]
    command = ["git", "-C", tmp_path, "check-ignore", "--stdin"]
    done = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True)

    assert done.stdout.split() == ["site/index.html"]
