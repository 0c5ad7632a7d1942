"""Law 9: a chapter can be typed from top to bottom. Wherever it runs a command, the project starts."""

import ast
import builtins
import re

from companion.chain.chapters import BESIDE, chapter, parse
from companion.chain.stages import copy
from companion.chain.steps import steps
from companion.upkeep.transcripts.blocks import blocks

ELSEWHERE = ("in ", "before", "not here", "database of ")  # blocks that do not run what has been typed so far
MISSING = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<of>[\w.]+)'|No module named '(?P<module>[\w.]+)'")
# A sentence that says what may be left out for now.
TOLD = re.compile(r"(?:[^.]|\.(?=\w))*\bwaits?\b(?:[^.]|\.(?=\w))*\.", re.DOTALL)


def test_a_project_starts_wherever_a_command_is_run(later, before, run, tmp_path):
    """With the blocks above a command typed, and none of those below it, `manage.py check` finds no fault."""
    text = chapter(later).path.read_text()
    folder = copy(before, tmp_path / "typed")

    for count, above in _commands(text).items():
        _type(later, count, folder)
        waiting = {word for sentence in TOLD.findall(above) for word in re.findall(r"`(\w+)`", sentence)}
        done = run(folder, "manage.py", "check", check=False)
        while done.returncode and _stand_in(folder, done.stderr, waiting):
            done = run(folder, "manage.py", "check", check=False)

        place = f"after the first {count} blocks of the chapter"
        assert done.returncode == 0, f"{place}: {done.stderr.strip().splitlines()[-1]}"
        assert [name for name in _undefined(folder) if name.partition(": ")[2] not in waiting] == [], place


def _commands(text):
    """Where the page runs commands on what has been typed: the number of blocks above them, and the page so far."""
    found = {}
    for block in blocks(text):
        above = text.splitlines()[: block.line - 1]
        count = sum(mark.name == BESIDE for mark in parse(above)[0])
        if count and not block.directive.startswith(ELSEWHERE):
            found[count] = "\n".join(above)
    return found


def _type(stage, count, folder):
    """Write into `folder` what the changed files of a stage are when so many blocks of its chapter are typed."""
    claims = [claim for step in steps(stage) for claim in step.claims]
    told = {(claim.change.path, n): claim.step for claim in claims for n in claim.owned}
    for change in {claim.change.path: claim.change for claim in claims}.values():
        path = folder / change.path
        if path.name.startswith("test") or change.path.startswith("tests/"):
            continue
        lines, step = [], 0
        for n, row in reversed(list(enumerate(change.rows))):
            step = told.get((change.path, n), step)  # a blank line is typed with what stands below it
            if row.kind == " " or (row.kind == "+") == (step < count):
                lines.append(row.text)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(reversed(lines)) + "\n")
        if not any(lines) and change.old_text is None and change.counts:
            path.unlink()


def _undefined(folder):
    """The names that a module of the app uses and nowhere defines: they fail only when a request comes."""
    for path in sorted((folder / "authentication").glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        known = {node.id for node in names if not isinstance(node.ctx, ast.Load)} | {*dir(builtins), "__name__"}
        known |= {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
        known |= {node.name for node in nodes if isinstance(getattr(node, "name", None), str)}
        known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        yield from sorted({f"{path.name}: {node.id}" for node in names if node.id not in known})


def _stand_in(folder, error, waiting):
    """Put something in the place of a name that the page leaves out for now; False if it does not say so."""
    *_, missing = [None, *MISSING.finditer(error)]
    module = missing and (missing["of"] or missing["module"])
    if not missing or not waiting & {missing["name"], module.rpartition(".")[2]}:
        return False
    path = folder / f"{module.replace('.', '/')}.py"
    stub = f"class {missing['name']}:\n    as_view = staticmethod(lambda: print)\n" if missing["name"] else ""
    path.write_text((path.read_text() if path.exists() else "") + "\n\n" + stub)
    return True
