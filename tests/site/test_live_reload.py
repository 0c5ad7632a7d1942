"""A served site: what is made anew after a save, and that it is what a build gives."""

import logging
import os

import pytest
from markdown import Markdown
from mkdocs.commands.build import build
from mkdocs.config import load_config

from companion.chain.stages import ROOT
from companion.site import live_reload

SETTINGS = f"""
site_name: Stages
site_url: http://127.0.0.1:8001/
theme: {{ name: material, font: false }}
plugins: [search]
hooks: [{ROOT}/companion/site/search.py, {ROOT}/companion/site/live_reload.py]
markdown_extensions:
  - companion.site.chapter_extension: {{ root: ROOT }}
  - companion.site.page_extension: {{ root: ROOT }}
validation: {{ anchors: warn }}
"""
CHAPTER = """---
title: {title}
description: What it adds.
---
# {title}

Read [the start](../index.md#start), where a token is explained.

/// chapter | {stage}
///

/// beside | app.py
What {stage} says.
///
"""
STAGES = {"01-one": "A = 1\n", "02-two": "A = 1\nB = 2\n", "03-three": "A = 1\nB = 2\nC = 3\n"}
ALL = {"index.md", "glossary.md", *(f"chapters/{stage}.md" for stage in STAGES)}


class Served:
    """A site that `mkdocs serve` builds again and again; `build()` returns the pages that were made anew."""

    def __init__(self, root, monkeypatch):
        self.root, self.files, self.made = root, {}, []
        convert = Markdown.convert

        def counted(markdown, text):
            self.made.append(text)
            return convert(markdown, text)

        monkeypatch.setattr(Markdown, "convert", counted)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def replace(self, path, old, new):
        """Edit a file, which bears another time then: an edit may be as long as what stood there."""
        file = self.root / path
        time = file.stat().st_mtime_ns
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        os.utime(file, ns=(time + 1, time + 1))

    def build(self, command="serve"):
        config = load_config(str(self.root / "mkdocs.yml"), site_dir=str(self.root / "site"))
        config.plugins.on_startup(command=command, dirty=False)
        self.made.clear()
        build(config)
        made = {page for page in ALL if any(text and self.source(page).endswith(text) for text in self.made)}
        site = self.root / "site"
        written = [path for path in site.rglob("*.*") if path.suffix != ".gz"]  # a .gz bears the time
        self.files = {path.relative_to(site).as_posix(): path.read_bytes() for path in written}
        return made

    def source(self, page):
        file = self.root / "docs" / page
        return file.read_text() if file.exists() else ""


@pytest.fixture
def served(chain, monkeypatch):
    root = chain({stage: {"app.py": text} for stage, text in STAGES.items()})
    monkeypatch.setattr(live_reload, "memory", live_reload.Memory())
    logger = logging.getLogger("mkdocs")
    before = [*logger.handlers]
    site = Served(root, monkeypatch)
    site.write("mkdocs.yml", SETTINGS.replace("ROOT", str(root)))
    site.write("docs/index.md", "# Start\n\nWelcome.\n")
    site.write("docs/glossary.md", "# Words\n\n## Token\n\nIt says who asks.\n")
    for stage in STAGES:
        site.write(f"docs/chapters/{stage}.md", CHAPTER.format(stage=stage, title=stage[3:]))
    yield site
    logger.handlers[:] = before


def test_a_second_build_makes_nothing_and_gives_the_same(served):
    """Every file, the search index too, is what `mkdocs build` makes."""
    assert served.build("build") == ALL
    built = served.files

    assert served.build() == ALL
    assert served.build() == set()
    assert served.files == built


def test_a_build_makes_every_page(served):
    """What is published rests on nothing that is remembered."""
    served.build()
    assert served.build("build") == ALL


def test_a_stage_is_shown_in_its_chapter_and_in_the_next(served):
    """A saved file of a stage makes two chapters anew, and the pages that speak of all stages."""
    served.build()
    served.replace("steps/02-two/app.py", "B = 2", "B = 22")
    served.replace("steps/03-three/app.py", "B = 2", "B = 22")

    assert served.build() == ALL - {"chapters/01-one.md"}
    served.replace("steps/01-one/app.py", "A = 1", "A = 7")
    assert served.build() == ALL - {"chapters/03-three.md"}


def test_a_chapter_alone(served):
    """A saved sentence makes its chapter anew, stands there and is found."""
    served.build()
    served.replace("docs/chapters/02-two.md", "What 02-two says.", "What it adds.")

    assert served.build() == {"chapters/02-two.md", "index.md", "glossary.md"}
    assert b"What it adds." in served.files["chapters/02-two/index.html"]
    assert b"What it adds." in served.files["search/search_index.json"]
    assert b"What 01-one says." in served.files["search/search_index.json"]
    assert served.files["search/search_index.json"].count(b"C = 3") == 1


@pytest.mark.parametrize("path", ["pyproject.toml", "tests/laws/test_laws.py"])
def test_what_no_chapter_shows(served, path):
    """Versions and the tests of faults stand in the pages around the chapters, and in no chapter."""
    served.write(path, "one")
    served.build()
    served.replace(path, "one", "two")
    assert served.build() == {"index.md", "glossary.md"}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("docs/chapters/01-one.md", "title: one", "title: The first"),
        ("docs/glossary.md", "It says who asks.", "It says who is there."),
        ("mkdocs.yml", "site_name: Stages", "site_name: Steps"),
    ],
)
def test_what_all_chapters_show(served, path, old, new):
    """Titles stand in the row of stages, meanings of words in every chapter."""
    served.build()
    served.replace(path, old, new)
    assert served.build() == ALL


def test_a_warning_stays_until_its_cause_is_gone(served, caplog):
    """A page that drew a warning is made anew, and warns anew."""
    served.replace("docs/chapters/02-two.md", "/// beside | app.py\n", "/// beside | ap.py\n")
    for _ in range(2):
        caplog.clear()
        served.build()
        assert "ap.py is not in this stage; did you mean app.py?" in caplog.text
    served.replace("docs/chapters/02-two.md", "/// beside | ap.py\n", "/// beside | app.py\n")
    caplog.clear()
    served.build()
    assert caplog.text == ""


def test_a_link_to_what_is_gone(served, caplog):
    """Pages that are not made anew still say which of their links lead nowhere."""
    served.build()
    served.replace("docs/index.md", "# Start", "# The beginning")
    served.build()
    assert caplog.text.count("does not contain an anchor '#start'") == len(STAGES)

    caplog.clear()
    (served.root / "docs/index.md").unlink()
    served.build()
    assert caplog.text.count("contains a link '../index.md#start', but the target 'index.md' is not found") == len(
        STAGES
    )
