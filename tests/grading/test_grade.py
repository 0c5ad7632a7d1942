import shutil

import pytest

from companion.chain.stages import find
from companion.grading.grade import _where


@pytest.mark.parametrize(("accents", "where"), [("\u0316\u0316", "08-urls"), ("\u0300\u0316", "")])
def test_a_name_that_python_reads_slowly_is_not_read(tmp_path, accents, where):
    """The stage that a project has reached is found by reading its files, outside of the sandbox."""
    stage = find("08-urls")
    project = shutil.copytree(stage.path, tmp_path / "project", ignore=shutil.ignore_patterns("tests"))
    (project / "slow.py").write_text(f"a{accents} = 1\n")

    assert _where(stage, project) == where
