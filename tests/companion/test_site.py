"""The site as MkDocs builds it, from a chain of two stages."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from companion.stages import ROOT

PAGE = """---
title: New
description: What is new.
---
# New

/// chapter | 02-new
///

/// beside | app.py#LIMIT
A limit.
///
"""


@pytest.fixture
def build(chain):
    """Builds a small site with the real mkdocs.yml; returns the finished process and the folder of the site."""
    root = chain({"01-old": {"app.py": "LIMIT = 1\n"}, "02-new": {"app.py": "LIMIT = 2\n"}})
    for name in ("overrides", "docs/assets"):
        shutil.copytree(ROOT / name, root / name)
    config = (ROOT / "mkdocs.yml").read_text()
    config = re.sub(r"^(nav:\n(?:  .*\n)+|(watch|hooks): .*\n)", "", config, flags=re.MULTILINE)
    for extension, options in (("reading", "companion.reading.extension:\n"), ("pages", "companion.pages.extension\n")):
        assert options in config
        config = config.replace(options, f"companion.{extension}.extension:\n      root: {root}\n")
    (root / "mkdocs.yml").write_text(config)
    (root / "docs/chapters").mkdir()
    (root / "docs/index.md").write_text("# Start\n\n[New](chapters/02-new.md)\n")

    def build(page=PAGE):
        (root / "docs/chapters/02-new.md").write_text(page)
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(root / "mkdocs.yml")]
        env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True), root / "site"

    return build


def test_a_right_chapter_builds(build):
    """Nothing is wrong: the strict build succeeds, and the page has its pane and its head."""
    done, site = build()
    page = (site / "chapters/02-new/index.html").read_text()

    assert done.returncode == 0, done.stderr
    assert 'id="app-py-limit"' in page
    assert re.search(r'<a aria-current="page" aria-label="2: New" href="[^"]*" title="New">2</a>', page)
    assert '<meta property="og:description" content="What is new.">' in page
    assert '<a class="rd-tool" href="https://code.drf-jwt-companion.example/blob/main/steps/02-new/app.py#L1"' in page
    report = "https://code.drf-jwt-companion.example/issues/new?title=02-new%2C%20app-py-limit"
    assert f'<a href="{report}">Report a mistake here</a>' in page


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("/// beside | app.py#LIMIT\nA limit.\n///\n", "", "Add a block: /// beside | app.py#LIMIT"),
        ("#LIMIT", "#LIMITS", "app.py has no LIMITS; did you mean LIMIT?"),
        ("/// beside", "/// besid", "there is no block 'besid'; did you mean beside?"),
        ("A limit.\n///", "A limit.", "/// beside | app.py#LIMIT: the block is not closed"),
        ("A limit.", "[gone](gone.md)", "gone.md"),
    ],
)
def test_a_mistake_fails_the_strict_build(build, old, new, problem):
    """A forgotten line, a wrong selector, a misspelt or unclosed block, a dead link: exit status 1, with the remedy."""
    assert old in PAGE
    done, _ = build(PAGE.replace(old, new))

    assert done.returncode == 1
    assert problem in done.stderr


def test_a_stage_that_does_not_parse_fails_the_strict_build(build, chain):
    """The build names the chapter, the file and the line."""
    chain({"02-new": {"app.py": "LIMIT = 2\ndef (:\n"}})
    done, _ = build(PAGE.replace("#LIMIT", "#rest"))

    assert done.returncode == 1
    assert "02-new: app.py, line 2 is not Python: invalid syntax" in done.stderr


class Requests(HTMLParser):
    """The addresses that a browser fetches by itself when it shows a page."""

    def __init__(self, page):
        super().__init__()
        self.addresses = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "link" and found.get("rel") in ("canonical", "prev", "next"):
            return
        names = ["src", "srcset", "poster", "data"] + ["href"] * (tag in ("link", "use", "image", "base"))
        self.addresses += [found[name] for name in names if found.get(name)]


def test_no_page_asks_another_server(build):
    """Scripts, styles, pictures and fonts all come from the site itself, and our own scripts ask for nothing."""
    _, site = build()
    asked = [address for page in site.rglob("*.html") for address in Requests(page.read_text()).addresses]
    for style in site.rglob("*.css"):
        asked += re.findall(r"""(?:url\(|@import)\s*["']?([^"')]*)""", style.read_text())

    assert len(asked) > 50
    assert [address for address in asked if re.match(r"(https?:)?//", address)] == []
    scripts = "".join((site / f"assets/{name}.js").read_text() for name in ("reading", "progress"))
    assert not re.search(r"https?:|fetch\(|import\(|XMLHttpRequest|sendBeacon", scripts)


def test_the_theme_has_no_reason_to_ask_another_server(build):
    """Material asks GitHub when it knows a repository, and loads a drawing library when a page has a drawing."""
    _, site = build()
    pages = "".join(path.read_text() for path in site.rglob("*.html"))

    assert "data-md-component=\"source\"" not in pages
    assert 'class="mermaid"' not in pages


def test_search_knows_the_prose_and_no_pane(build):
    """Without the hook the index has what people wrote."""
    _, site = build()
    index = (site / "search/search_index.json").read_text()

    assert "A limit." in index
    assert "LIMIT = 2" not in index
