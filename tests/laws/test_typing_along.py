"""Law 9: a chapter can be typed from its page by what the panes say, and at each command the project starts."""

import ast
import builtins

from companion.chain.chapters import chapter
from companion.chain.stages import copy, files
from companion.upkeep.transcripts.transcript import transcripts
from tests.laws.typist import Page, type_pane

ELSEWHERE = ("in ", "before", "not here", "database of ")  # blocks that do not run what has been typed so far


def test_a_chapter_is_typed_from_its_page(later, before, run, rendered, tmp_path):
    """The panes alone turn one stage into the next, and `manage.py check` reports nothing at each command."""
    page = chapter(later)
    steps = Page(rendered(page)[0]).steps
    blocks = transcripts(page.path.read_text())
    commands = {block.typed for block in blocks if not block.fence.run.startswith(ELSEWHERE)}
    folder = copy(before, tmp_path / "typed")

    for count, step in enumerate(steps, 1):
        for pane in step:
            if not pane.path.startswith("tests/"):  # tests are copied
                type_pane(folder, pane)
        if count in commands:
            place = f"after step {count} of the chapter"
            done = run(folder, "manage.py", "check", check=False)
            assert done.returncode == 0, f"{place}: {done.stderr.strip().splitlines()[-1]}"
            assert list(_undefined(folder)) == [], place

    wanted = {name: path for name, path in files(later).items() if not name.startswith("tests/")}
    assert {name: _lines(folder / name) for name in wanted} == {name: _lines(path) for name, path in wanted.items()}
    assert {name for name in files(before) if (folder / name).exists() and not name.startswith("tests/")} <= {*wanted}


def _lines(path):
    """Returns the lines of a file that are not blank, or None if there is no file."""
    return [line for line in path.read_bytes().splitlines() if line.strip()] if path.exists() else None


def _undefined(folder):
    """Returns names that a module of the app uses but nowhere defines, which would fail only during a request."""
    for path in sorted((folder / "authentication").glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        known = {node.id for node in names if not isinstance(node.ctx, ast.Load)} | {*dir(builtins), "__name__"}
        known |= {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
        known |= {node.name for node in nodes if isinstance(getattr(node, "name", None), str)}
        known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        yield from sorted({f"{path.name}: {node.id}" for node in names if node.id not in known})
