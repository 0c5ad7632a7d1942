"""Law 2: red, then green. A suite that passes is meaningful only if it fails without the code that it tests."""

import os
import re
import xml.etree.ElementTree as etree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from companion.chain.chapters import chapter
from companion.chain.stages import copy, files, stages

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "--continue-on-collection-errors")
# A file that an earlier test left open fails any later test, whenever Python collects it. That proves nothing.
PYTEST += ("-p", "no:unraisableexception", "-p", "no:threadexception")


@pytest.fixture(scope="session")
def suites(run, collected, tmp_path_factory):
    """Maps each stage's name to the ids of its tests, and of those that pass on the stage before."""
    chain, home = stages(), tmp_path_factory.mktemp("before")

    def collect(stage):
        return {line for line in collected(stage.path) if line.startswith("tests/")}

    def passing_early(number):
        """Returns which of the added tests pass on the stage before, when only they run."""
        added = own[number] - own[number - 1] if number else set()
        if not added:
            return set()
        folder = copy(chain[number - 1], home / chain[number].name)
        for name, path in files(chain[number]).items():
            if name.startswith("tests/") or name == "pytest.ini":
                (folder / name).write_bytes(path.read_bytes())
        report = folder / "report.xml"
        ids = folder / "added.txt"
        ids.write_text("\n".join(added))
        options = ("-p", "only_added", f"--junitxml={report}", "-o", "junit_family=xunit1")
        paths = sorted({test.partition("::")[0] for test in added})
        done = run(
            folder, *PYTEST, *options, *paths, check=False, ADDED=str(ids), PYTHONPATH=str(Path(__file__).parent)
        )
        assert done.returncode in (0, 1), done.stderr  # it ran
        cases = etree.parse(report).iter("testcase")
        return {f"{case.get('file')}::{case.get('name')}" for case in cases if len(case) == 0}

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        own = list(pool.map(collect, chain))
        early = list(pool.map(passing_early, range(len(chain))))
    return {stage.name: found for stage, *found in zip(chain, own, early, strict=True)}


def test_what_a_stage_adds_fails_before(later, before, suites):
    """A test that a stage adds fails on the stage before."""
    own, passing_early = suites[later.name]
    added = own - suites[before.name][0]

    assert added
    assert sorted(added & passing_early) == []


def test_what_passed_before_still_passes(later, before, suites):
    """A stage removes no test of the previous stage, unless its chapter names the test and gives the reason."""
    text = chapter(later).path.read_text()
    gone = suites[before.name][0] - suites[later.name][0]

    assert sorted(test for test in gone if f"`{re.split(r'[:[]+', test)[1]}`" not in text) == []
