"""No page or file of the site names a host that does not exist."""

import json

import pytest

from companion.chain.stages import ROOT
from tests.hosts import made_up, made_up_in_html, made_up_in_markdown

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CARDS = [*sorted((ROOT / "companion").rglob("*.html")), *sorted((ROOT / "overrides").rglob("*.html"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_source_of_a_page_names_no_host_that_does_not_exist(path):
    """Code examples can use reserved names, such as api.example.com; links and text can't."""
    assert made_up_in_markdown(path.read_text(encoding="utf-8")) == set()


def test_the_templates_name_no_host_that_does_not_exist():
    assert {host for path in CARDS for host in made_up_in_html(path.read_text(encoding="utf-8"))} == set()


def test_the_site_names_no_host_that_does_not_exist(offline):
    """Checks pages, sitemap and search index of a site built without SITE_URL and REPO_URL."""
    pages = {path.relative_to(offline): path.read_text(encoding="utf-8") for path in offline.rglob("*.html")}
    text = (offline / "search/search_index.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("var __index = "))
    found = {path: made_up_in_html(text) for path, text in pages.items()}
    found["sitemap.xml"] = made_up((offline / "sitemap.xml").read_text(encoding="utf-8"))
    found["search"] = {host for entry in index["docs"] for host in made_up_in_html(entry["text"])}

    assert len(pages) > 15
    assert {path: hosts for path, hosts in found.items() if hosts} == {}


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ('<a href="https://code.jwt.example/blob">Open</a>', {"code.jwt.example"}),
        ('<meta content="https://nobody-has-this.dev/card.png">', {"nobody-has-this.dev"}),
        ("<p>Read it at https://www.example.com.</p>", {"www.example.com"}),
        ("<p>Read it at jwt.example.</p>", {"jwt.example"}),
        ("<code>https://nobody-has-this.dev/</code>", {"nobody-has-this.dev"}),
        ("<code>ALLOWED_HOSTS=api.example.com https://api.example.com/</code>", set()),
        ("<p>Write to ada@example.com, or to ada@straße.example.</p>", set()),
        ('<a href="https://github.com/">GitHub</a> <p>http://127.0.0.1:8001/ and http://localhost:8000</p>', set()),
    ],
)
def test_a_planted_host_is_found(text, hosts):
    """Hosts are found in attributes, text and code; reserved names are allowed only in code."""
    assert made_up_in_html(text) == hosts


def test_a_planted_host_is_found_in_markdown():
    """Hosts are found in links and text, and in code unless the name is reserved."""
    page = "[x](https://jwt.example/)\n\n`https://api.example.com/`\n\n```sh\ncurl https://nobody-has-this.dev/\n```\n"

    assert made_up_in_markdown(page) == {"jwt.example", "nobody-has-this.dev"}
