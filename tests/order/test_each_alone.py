"""The plugin on small suites."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run(tmp_path):
    """Runs a suite of these files with the plugin; returns the exit code and the output."""

    def run(seed, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        plugins = ["-p", "no:cacheprovider", "-p", "no:django", "-p", "each_alone"]
        command = [sys.executable, "-m", "pytest", "-v", *plugins, f"--randomly-seed={seed}"]
        env = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


NEEDS = "import os\ndef test_needs():\n    assert 'MADE' in os.environ\n"
MAKES = "import os\ndef test_makes():\n    os.environ['MADE'] = ''\n"


def test_a_file_that_needs_another_is_named(run):
    """It fails alone, even if the whole suite passes in some order."""
    codes, outputs = zip(*(run(seed, test_makes=MAKES, test_needs=NEEDS) for seed in range(6)), strict=True)

    assert set(codes) == {1}
    assert all("test_needs.py fails when it runs alone" in output for output in outputs)
    assert any("2 passed" in output for output in outputs), "in one of the orders the suite passes"


def test_each_file_runs_alone_and_then_all_together(run):
    """A suite of independent files passes; each test has run twice."""
    code, output = run(1, test_a="def test_one(): pass\ndef test_two(): pass\n", test_b="def test_three(): pass\n")

    assert code == 0
    assert [output.count(f"::{name} PASSED") for name in ("test_one", "test_two", "test_three")] == [2, 2, 2]
    assert "fails when it runs alone" not in output


def test_the_seed_decides_on_the_order(run):
    """Tests of different files are mixed; a seed always gives the same order, and another seed a different one."""
    text = "def test_0(): pass\ndef test_1(): pass\ndef test_2(): pass\n"

    def order(seed):
        lines = run(seed, test_a=text, test_b=text)[1].splitlines()
        return [line.partition(" ")[0] for line in lines if "PASSED" in line][-6:]

    orders = [order(seed) for seed in (1, 1, 2, 3)]
    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) == 3
    files = [[name.partition("::")[0] for name in order] for order in orders]
    assert any(names != sorted(names) and names != sorted(names, reverse=True) for names in files)


FOLDER = "import tempfile\nfrom pathlib import Path\nFOLDER = tempfile.TemporaryDirectory()\n"


def test_a_temporary_folder_stays_until_the_end(run):
    """A file that runs alone doesn't remove folders that others still need."""
    text = "from conftest import FOLDER, Path\ndef test_folder():\n    assert Path(FOLDER.name).is_dir()\n"
    code, output = run(1, conftest=FOLDER, test_a=text, test_b=text)

    assert code == 0
    assert output.count("::test_folder PASSED") == 4
