"""Law 2: red, then green. A suite that passes proves something only if it fails without what it asks for."""

import ast
import os
import re
import xml.etree.ElementTree as etree
from concurrent.futures import ThreadPoolExecutor

import pytest

from companion.chain.chapters import chapter
from companion.chain.stages import copy, files, stages

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no")


@pytest.fixture(scope="session")
def suites(run, tmp_path_factory):
    """Per stage by name: the ids of its tests, and the ids of those that pass on the stage before."""
    chain = stages()

    def both(number):
        folder = copy(chain[number], tmp_path_factory.mktemp(chain[number].name))
        listed = run(folder, *PYTEST, "--collect-only").stdout.splitlines()
        own = {line for line in listed if line.startswith("tests/")}
        return own, _passing_early(number) if number else set()

    def _passing_early(number):
        folder = copy(chain[number - 1], tmp_path_factory.mktemp("before"))
        for name, path in files(chain[number]).items():
            if name.startswith("tests/") or name == "pytest.ini":
                (folder / name).write_bytes(path.read_bytes())
        report = folder / "report.xml"
        options = ("--continue-on-collection-errors", f"--junitxml={report}", "-o", "junit_family=xunit1")
        run(folder, *PYTEST, *options, check=False)
        cases = etree.parse(report).iter("testcase")
        return {f"{case.get('file')}::{case.get('name')}" for case in cases if len(case) == 0}

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip([s.name for s in chain], pool.map(both, range(len(chain))), strict=True))


def test_what_a_stage_adds_fails_before(later, before, suites):
    """A test that a stage adds does not pass on the stage before."""
    own, passing_early = suites[later.name]
    added = own - suites[before.name][0]

    assert added
    assert sorted(added & passing_early) == []


def test_what_passed_before_still_passes(later, before, suites):
    """A stage takes no test away from the one before it, unless its chapter names the test and says why."""
    text = chapter(later).path.read_text()
    gone = suites[before.name][0] - suites[later.name][0]

    assert sorted(test for test in gone if f"`{re.split(r'[:[]+', test)[1]}`" not in text) == []


def _mutants(text):
    """The text with one function emptied or one attribute of a class removed, each under a name for it."""
    tree = ast.parse(text)
    for owner in ast.walk(tree):
        for node in list(getattr(owner, "body", []) if isinstance(owner, (ast.Module, ast.ClassDef)) else []):
            if isinstance(node, ast.FunctionDef):
                body, node.body = node.body, [ast.Return()]
                yield node.name, ast.unparse(ast.fix_missing_locations(tree))
                node.body = body
            elif isinstance(node, ast.Assign) and isinstance(owner, ast.ClassDef):
                place = owner.body.index(node)
                owner.body[place] = ast.Pass()
                yield f"{owner.name}.{ast.unparse(node.targets[0])}", ast.unparse(ast.fix_missing_locations(tree))
                owner.body[place] = node


def _new_modules(later, before):
    old = files(before)
    return {
        name: path
        for name, path in files(later).items()
        if name not in old and re.fullmatch(r"(authentication|config)/\w+\.py", name)
    }


def test_mutants_of_new_modules_are_noticed(later, before, tmp_path, run):
    """A suite that is red only because a module is missing proves nothing yet: its mutants must be red too."""
    jobs = [
        (name, what, text)
        for name, path in _new_modules(later, before).items()
        for what, text in _mutants(path.read_text())
    ]

    def survives(number):
        name, _, text = jobs[number]
        folder = copy(later, tmp_path / str(number))
        (folder / name).write_text(text)
        return run(folder, *PYTEST, "-x", check=False).returncode == 0

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        survived = list(pool.map(survives, range(len(jobs))))
    assert [f"{name}: {what}" for (name, what, _), lives in zip(jobs, survived, strict=True) if lives] == []
