"""The commands in docs/instructors.md are run, on the class that the page describes."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from companion.chain.stages import ROOT
from companion.grading.verdicts import Verdict
from companion.upkeep.transcripts.transcript import difference, matches, transcripts

PAGE = ROOT / "docs" / "instructors.md"


@pytest.fixture
def checkout(tmp_path, project):
    """A folder like a checkout of this project, with the page's class in it."""
    (tmp_path / "companion").symlink_to(ROOT / "companion")
    (tmp_path / "submissions").mkdir()
    project("08-urls", name="submissions/ada")
    project("07-views", name="submissions/cyd")
    project("08-urls", {"config/urls.py": "urlpatterns = ["}, name="submissions/eve")
    (tmp_path / "submissions" / "dijkstraedsger_14_902_essay.pdf").write_bytes(b"%PDF")
    for stage, name in (("08-urls", "byronada_LATE_12_901_work.zip"), ("07-views", "hoppergrace_13_903_project.zip")):
        folder = project(stage, name="work")
        with zipfile.ZipFile(tmp_path / "submissions" / name, "w") as archive:
            for path in folder.rglob("*"):
                archive.write(path, path.relative_to(tmp_path))
        shutil.rmtree(folder)
    return tmp_path


def test_every_command_prints_what_the_page_shows(checkout):
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LANG": "C.UTF-8"}
    entries = [entry for block in transcripts(PAGE.read_text()) for entry in block.entries]
    assert len(entries) > 4
    for entry in entries:
        command = "\n".join(entry.source)
        done = subprocess.run(["bash", "-c", f"{command} 2>&1"], cwd=checkout, env=env, capture_output=True, text=True)
        printed = done.stdout.splitlines()
        if entry.output or printed:
            assert matches(entry.output, printed), f"$ {command}\n{difference(entry.output, printed)}"


def test_the_page_explains_every_result():
    rows = re.findall(r"^\| ([a-z. -]+) \|", PAGE.read_text(), re.MULTILINE)

    assert {str(verdict) for verdict in Verdict} <= set(rows)
