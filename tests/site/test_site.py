"""The site that MkDocs builds from a chain of two stages."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from companion.chain.narration import CONFLICT
from companion.chain.stages import ROOT

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


ERRATA = """# Errata

/// fault | 1
    title: A fault
    severity: high
    area: login
    fixed: 02-new app.py#LIMIT
    tested: tests/test_app.py::test_it
///
"""


@pytest.fixture
def build(chain):
    """Builds a small site with the real mkdocs.yml; returns the finished process and the folder of the site."""
    root = chain({"01-old": {"app.py": "LIMIT = 1\n"}, "02-new": {"app.py": "LIMIT = 2\n"}})
    (root / "tests").mkdir()
    (root / "tests/test_app.py").write_text('def test_it():\n    """It has a limit."""\n')
    for name in ("overrides", "docs/assets"):
        shutil.copytree(ROOT / name, root / name)
    config = (ROOT / "mkdocs.yml").read_text()
    config = re.sub(r"^(nav:\n(?:  .*\n)+|(watch|hooks): .*\n)", "", config, flags=re.MULTILINE)
    options = "companion.site.extension:\n"
    assert options in config
    config = config.replace(options, f"{options}      root: {root}\n")
    (root / "mkdocs.yml").write_text(config)
    (root / "docs/chapters").mkdir()
    (root / "docs/index.md").write_text("# Start\n\n[New](chapters/02-new.md)\n")

    def build(page=PAGE, errata="", **addresses):
        (root / "docs/chapters/02-new.md").write_text(page)
        (root / "docs/errata.md").write_text(errata or "# Errata\n")
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(root / "mkdocs.yml")]
        env = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "REPO_URL")}
        env |= {"NO_MKDOCS_2_WARNING": "1"} | addresses
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True), root / "site"

    return build


ABOUT_THE_CODE = """
/// source | known
The code is in [the repository](repository:).
///

/// source | unknown
Ask for the code.
///
"""


@pytest.mark.parametrize("addresses", [{}, {"SITE_URL": "", "REPO_URL": ""}])
def test_without_addresses_no_page_claims_one(build, addresses):
    """Without SITE_URL and REPO_URL, no page links to a repository or says where it is published."""
    done, site = build(PAGE + ABOUT_THE_CODE, **addresses)
    page = (site / "chapters/02-new/index.html").read_text()

    assert done.returncode == 0, done.stderr
    for absent in ("Open in the repository", "Report a mistake here", "the repository"):
        assert absent not in page
    for absent in ("canonical", "og:url", "og:image", "twitter:card"):
        assert absent not in page
    assert "<p>Ask for the code.</p>" in page
    index = (site / "search/search_index.json").read_text()
    assert ("A limit." in index, "LIMIT = 2" in index) == (True, False)  # text, and no pane
    assert "<loc>" not in (site / "sitemap.xml").read_text()
    assert not re.search(r"https?:", re.sub(r"https?://(www\.w3\.org|squidfunk\.github\.io)/", "", page))


@pytest.mark.parametrize("slash", ["", "/"])
def test_with_addresses_every_page_leads_there(build, slash):
    """SITE_URL and REPO_URL can end with a slash or not."""
    site_url, repository = "https://site.test/jwt", "https://code.test/ada/jwt"
    done, site = build(PAGE + ABOUT_THE_CODE, SITE_URL=site_url + slash, REPO_URL=repository + slash)
    page = (site / "chapters/02-new/index.html").read_text()

    assert done.returncode == 0, done.stderr
    assert f'<a class="rd-tool" href="{repository}/blob/main/steps/02-new/app.py#L1"' in page
    report = f"{repository}/issues/new?title=02-new%2C%20app-py-limit"
    assert f'<a href="{report}">Report a mistake here</a>' in page
    assert f'<p>The code is in <a href="{repository}">the repository</a>.</p>' in page
    assert "Ask for the code." not in page
    assert f'<link rel="canonical" href="{site_url}/chapters/02-new/">' in page
    assert f'<meta property="og:url" content="{site_url}/chapters/02-new/">' in page
    assert f'<meta property="og:image" content="{site_url}/assets/card.png">' in page
    assert f"<loc>{site_url}/chapters/02-new/</loc>" in (site / "sitemap.xml").read_text()


@pytest.mark.parametrize(
    ("files", "page", "problems"),
    [
        ({}, PAGE.replace("#LIMIT", "#LIMITS"), ["docs/chapters/02-new.md, line 10: app.py#LIMITS: app.py has no LIMITS; did you mean LIMIT?"]),
        ({}, PAGE.replace("/// beside", "/// besid"), ["docs/chapters/02-new.md, line 10: /// besid | app.py#LIMIT: there is no block 'besid'; did you mean beside?"]),
        ({}, PAGE.replace("/// beside | app.py#LIMIT\nA limit.\n///\n", ""), ["steps/02-new/app.py, line 1: 2 changed lines are in no block of the chapter: -1 'LIMIT = 1'; +1 'LIMIT = 2'. Add a block: /// beside | app.py#LIMIT"]),
        ({}, PAGE.removesuffix("///\n"), ["docs/chapters/02-new.md, line 10: /// beside | app.py#LIMIT: the block is not closed; end it with a line that is only ///"]),
        ({}, PAGE.replace("A limit.", "[gone](gone.md)"), ["Doc file 'chapters/02-new.md' contains a link 'gone.md', but the target 'chapters/gone.md' is not found among documentation files."]),
        ({"app.py": "LIMIT = 2\ndef (:\n"}, PAGE, ["steps/02-new/app.py, line 2 is not Python: invalid syntax"]),
        ({}, PAGE.replace("A limit.", "<<<<<<< 02-new\nA limit.\n=======\nB.\n>>>>>>> 01-old"), [f"docs/chapters/02-new.md, line {line}: {CONFLICT}" for line in (11, 15)]),
        ({"app.py": "<<<<<<< 02-new\nLIMIT = 2\n=======\n>>>>>>> 01-old\n"}, PAGE, [f"steps/02-new/app.py, line {line}: {CONFLICT}" for line in (1, 4)]),
    ],
)  # fmt: skip
def test_a_problem_has_its_file_and_line_and_no_followers(build, chain, files, page, problems):
    """The strict build names only the cause, also if errata refer to the code, or after an unfinished merge."""
    if files:
        chain({"02-new": files})
    done, _ = build(page, ERRATA)

    assert [line.partition("WARNING -  ")[2] for line in done.stderr.splitlines() if "WARNING" in line] == problems
    assert done.returncode == 1


OPENED = "fetch(link.pathname)"


class Requests(HTMLParser):
    """Collects the URLs that a browser fetches by itself when it shows a page."""

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
    """Scripts, styles, pictures and fonts come from the site. Our scripts fetch only the target of a fold's link.

    Material asks GitHub if it knows a repository, and loads a library if a page has a diagram.
    """
    _, site = build()
    asked = [address for page in site.rglob("*.html") for address in Requests(page.read_text()).addresses]
    for style in site.rglob("*.css"):
        asked += re.findall(r"""(?:url\(|@import)\s*["']?([^"')]*)""", style.read_text())

    assert len(asked) > 50
    assert [address for address in asked if re.match(r"(https?:)?//", address)] == []
    pages = "".join(path.read_text() for path in site.rglob("*.html"))
    assert 'data-md-component="source"' not in pages and 'class="mermaid"' not in pages
    scripts = "".join((site / f"assets/{name}.js").read_text() for name in ("reading", "progress"))
    assert not re.search(r"https?:|fetch\(|import\(|XMLHttpRequest|sendBeacon", scripts.replace(OPENED, ""))
