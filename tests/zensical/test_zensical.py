"""Zensical, by the makers of the theme, builds the site from the same mkdocs.yml."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from companion.chain.stages import ROOT, stages

PARTS = (
    "docs",
    "overrides",
    "steps",
    "final",
    "exercises",
    "companion",
    "tests",
    "mkdocs.yml",
    "requirements.txt",
    "pyproject.toml",
)
STEP = re.compile(r'class="rd-step" id="([^"]+)"')
PANE = re.compile(r'<figure class="rd-pane [^"]*" id="([^"]+)"')


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """Maps each builder, MkDocs and Zensical, to the folder of its site."""
    folders = {}
    for builder, command in {
        "mkdocs": [sys.executable, "-m", "mkdocs", "build", "--strict"],
        "zensical": [sys.executable, "-m", "zensical", "build", "--clean"],
    }.items():
        folder = tmp_path_factory.mktemp(builder)
        for name in PARTS:
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name,
                    folder / name,
                    ignore=shutil.ignore_patterns("__pycache__", "db.sqlite3", "node_modules"),
                )
            else:
                shutil.copy2(ROOT / name, folder / name)
        env = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(folder)}
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        folders[builder] = folder / "site"
    return folders


@pytest.mark.parametrize("name", [stage.name for stage in stages()])
def test_every_chapter_has_its_steps_and_panes(sites, name):
    """Both builders show the same steps and panes in the same order."""
    mkdocs, zensical = ((sites[b] / "chapters" / name / "index.html").read_text() for b in ("mkdocs", "zensical"))

    assert 'class="admonition failure"' not in zensical  # our extension lists problems there
    assert STEP.findall(mkdocs)
    assert STEP.findall(zensical) == STEP.findall(mkdocs)
    assert PANE.findall(zensical) == PANE.findall(mkdocs)


def test_every_other_page_is_there(sites):
    """Start page, errata, glossary and the other pages exist."""
    pages = {path.relative_to(sites["mkdocs"]).as_posix() for path in sites["mkdocs"].rglob("index.html")}

    assert len(pages) > len(stages())
    assert {page for page in pages if not (sites["zensical"] / page).is_file()} == set()
