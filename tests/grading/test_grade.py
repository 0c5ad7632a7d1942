import shutil

import pytest

from companion.chain.stages import find
from companion.grading.grade import MOST_ACCENTS, _where


@pytest.mark.parametrize(("accents", "where"), [(MOST_ACCENTS - 1, "08-urls"), (MOST_ACCENTS, "")])
def test_a_name_that_python_reads_slowly_is_not_read(tmp_path, accents, where):
    """The stage that a project has reached is found by reading its files, outside of the sandbox."""
    stage = find("08-urls")
    project = shutil.copytree(stage.path, tmp_path / "project", ignore=shutil.ignore_patterns("tests"))
    (project / "slow.py").write_text("a" + "\u0300" * accents + " = 1\n")

    assert _where(stage, project) == where
