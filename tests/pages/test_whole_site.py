"""The real site, built strictly: rules for all of its pages together."""

import re
import struct
import xml.etree.ElementTree as etree
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml

from companion import SUPPORTED
from companion.chain.changes import changes
from companion.chain.stages import ROOT, previous, stages

CONFIG = (ROOT / "mkdocs.yml").read_text()
ADDRESS = "https://site.test/"  # of the published site; no page may depend on it
ELEMENT = re.compile(rb"<[a-z]")
MOST_BYTES, MOST_ELEMENTS = 400_000, 8_000


class Page(HTMLParser):
    """Parses ids, links and meta data of a page."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.links, self.meta, self.rels = set(), [], {}, {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "meta":
            self.meta[found.get("name") or found.get("property")] = found.get("content")
        if tag == "link":
            self.rels.setdefault(found["rel"], found["href"])


@pytest.fixture(scope="module")
def site(built):
    return built(SITE_URL=ADDRESS, REPO_URL="https://code.test")


@pytest.fixture(scope="module")
def pages(site):
    """Maps each page's URL, relative to the site's, to the page."""
    found = {path.relative_to(site).as_posix(): Page(path.read_text()) for path in site.rglob("*.html")}
    return {name.removesuffix("index.html"): page for name, page in found.items()}


@pytest.fixture(scope="module")
def chapters_and_others(pages):
    """Returns the pages in the navigation, without the separate pages of chapters and the 404 page."""
    return {name: page for name, page in pages.items() if not name.endswith(".html")}


def dead(pages):
    """Returns the links of each page that lead to no page or id of the site."""
    for name, page in pages.items():
        for link in page.links if name != "404.html" else ():
            target = urlsplit(urljoin(f"https://site/{name}", link))
            if target.netloc == "site":
                there = pages.get(target.path.removeprefix("/"))
                if there is None or (target.fragment and unquote(target.fragment) not in there.ids):
                    yield name, link


def test_every_link_leads_somewhere(pages):
    """Page and id exist, also for links that MkDocs does not check."""
    assert len(pages) > len(stages())
    assert list(dead(pages)) == []


def test_every_link_leads_somewhere_offline(offline):
    """Without a server, each link names a file."""
    texts = {path.relative_to(offline).as_posix(): path.read_text() for path in offline.rglob("*.html")}

    assert list(dead({name: Page(text) for name, text in texts.items()})) == []
    assert 'src="assets/iframe-worker.js"' in texts["index.html"]
    assert not re.search(r"https?://unpkg", "".join(texts.values()))
    assert (offline / "search/search_index.js").read_text().startswith("var __index = {")


def test_no_page_is_too_heavy(site, offline):
    """Pages load fast on a phone, because whole files and folded tests of a chapter are on separate pages."""
    texts = {path: path.read_bytes() for folder in (site, offline) for path in folder.rglob("*.html")}

    assert [path.name for path, text in texts.items() if len(text) > MOST_BYTES] == []
    assert [path.name for path, text in texts.items() if len(ELEMENT.findall(text)) > MOST_ELEMENTS] == []


def test_what_a_chapter_folds_is_on_a_page_that_leads_back(site, offline):
    """One page has the files, the other the tests' panes; both have the theme and a link back."""
    for folder, file, chapter, address in (
        (site, "15-refresh-tokens/{}.html", "15-refresh-tokens/index.html", "./"),
        (offline, "15-refresh-tokens-{}.html", "15-refresh-tokens.html", "15-refresh-tokens.html"),
    ):
        files, tests, text = (
            (folder / "chapters" / name).read_text()
            for name in (file.format("files"), file.format("tests-test-refresh-py-rest"), chapter)
        )
        assert 'id="file-authentication-sessions-py"' in files
        assert 'id="tests-test-refresh-py-rest"' in tests
        assert [page.count('<span class="rd-line') > 300 for page in (files, tests)] == [True, True]
        for page, title in ((files, "Files: Refresh tokens"), (tests, "Tests: Refresh tokens")):
            assert f"<title>{title} - JWT login in stages</title>" in page
            assert f'<h1 id="refresh-tokens">{title}</h1><p><a href="{address}">Back to the chapter</a></p>' in page
            assert f'href="{address}#used-once"' in page
        assert "<figure" not in "".join(re.findall(r"<details [^>]*data-page=.*?</details>", text, re.DOTALL))


def test_no_id_occurs_twice(site):
    """A URL with a fragment leads to exactly one place."""
    for path in site.rglob("*.html"):
        ids = re.findall(r'\sid="([^"]+)"', path.read_text())
        assert sorted({i for i in ids if ids.count(i) > 1}) == [], path


def test_every_page_says_what_it_is_about(chapters_and_others):
    """Each page has its own description, of the length that search engines show, and a picture for other sites."""
    told = {name: page.meta for name, page in chapters_and_others.items()}
    descriptions = [meta["description"] for meta in told.values()]

    assert len(set(descriptions)) == len(descriptions)
    assert [text for text in descriptions if not 40 <= len(text) <= 165] == []
    for name, meta in told.items():
        assert meta["og:description"] == meta["description"], name
        assert meta["og:url"] == ADDRESS + name
        assert meta["og:image"] == f"{ADDRESS}assets/card.png"
        assert meta["twitter:card"] == "summary_large_image"


def test_the_sitemap_has_every_page_at_its_address(site, chapters_and_others):
    """The sitemap has no other files."""
    tree = etree.parse(site / "sitemap.xml")
    found = [element.text for element in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]

    assert sorted(found) == sorted(ADDRESS + name for name in chapters_and_others)


def test_the_pictures_of_the_site_have_their_sizes(site, pages):
    """There is an SVG icon for most browsers, a PNG for the others and for phones, and a card with the site's name."""
    rels, name = pages[""].rels, re.search(r"^site_name: (.*)$", CONFIG, re.MULTILINE)[1]
    # A PNG has its width and height in its header.
    sizes = {path.stem: struct.unpack(">II", path.read_bytes()[16:24]) for path in (site / "assets").glob("*.png")}

    assert rels["icon"] == "assets/logo.svg"
    assert rels["apple-touch-icon"] == rels["alternate icon"] == "assets/icon.png"
    assert (sizes["icon"], sizes["card"]) == ((180, 180), (1200, 630))
    assert f"<span>{name}</span>" in (ROOT / "tests/browser/card.html").read_text()


def test_a_missing_page_leads_back(site):
    """The 404 page says what happened and lists the chapters, with links that work from any depth."""
    page = (site / "404.html").read_text()

    assert "There is no page here" in page
    assert Page(page).links != []
    for stage in stages():
        assert f'<li><a href="/chapters/{stage.name}/">' in page


def test_the_overrides_are_short():
    """Our changes to the theme are under 40 lines, so the theme can be replaced."""
    assert sum(len(path.read_text().splitlines()) for path in (ROOT / "overrides").iterdir()) < 40


def test_the_chapters_are_in_the_order_of_the_stages():
    """The navigation has files without titles, in the order of the stages."""
    nav = yaml.safe_load(re.search(r"^nav:\n(?:  .*\n)+", CONFIG, re.MULTILINE)[0])["nav"]
    chapters = next(entry["Chapters"] for entry in nav if isinstance(entry, dict))

    assert nav[0] == "index.md"
    assert chapters == [f"chapters/{stage.name}.md" for stage in stages()]
    assert [entry for entry in nav if not isinstance(entry, str)] == [{"Chapters": chapters}]


def test_search_finds_words_and_faults_and_no_hints(site):
    """Each fault and term is found at its own place. The tooltip of a term is not found too."""
    index = (site / "search/search_index.json").read_text()

    assert '"location":"errata/#fault-22"' in index
    assert '"location":"glossary/#bearer-token"' in index
    assert '"location":"troubleshooting/#no-table"' in index
    assert "In the glossary" not in unescape(index)


def test_the_pages_say_which_pythons_are_supported():
    """Every range of Python versions on the pages is the tested one."""
    texts = [path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))]

    assert set(re.findall(r"Python (3\.\d+) to (3\.\d+)", "".join(texts))) == {(SUPPORTED[0], SUPPORTED[-1])}


def test_no_page_has_an_empty_menu(site, chapters_and_others):
    """Only chapters have a menu next to the text. On another page, it would have one entry: the page itself."""
    menu = re.compile(r'<div class="md-sidebar md-sidebar--primary"[^>]*>')
    others = [name for name in chapters_and_others if not name.startswith("chapters/")]
    found = {name: menu.search((site / name / "index.html").read_text())[0] for name in others}

    assert len(found) > 8
    assert [name for name, menu in found.items() if not menu.endswith(" hidden>")] == []


STRIP = re.compile(r'<li class="(rd-lit|rd-later|)">(\w+)')


def test_a_strip_shows_the_files_that_a_chapter_changes(site):
    """The files on the path of a request are in the picture's order, and those of the stage's diff are filled."""
    drawn = re.findall(r"</tspan>(\w+)\.py", (ROOT / "docs" / "assets" / "journey.svg").read_text())
    found = {}
    for stage in stages():
        page = (site / "chapters" / stage.name / "index.html").read_text()
        paths = changes(stage, previous(stage)).files
        boxes = {name: state for state, name in STRIP.findall(page)}
        assert list(boxes) == drawn[1:]  # except the server's own file
        lit = {name for name in boxes if any(re.fullmatch(rf"(?!tests/).*{name}\.py", path) for path in paths)}
        assert {name for name, state in boxes.items() if state == "rd-lit"} == lit
        found[stage.name] = {name for name, state in boxes.items() if state == "rd-later"}

    assert found["08-urls"] == {"middleware", "sessions", "throttles", "parsers"}
    assert found["final"] == set()


def test_a_chapter_shows_its_attack(site):
    """The chapter shows what is sent, and the status before and after."""
    page = (site / "chapters" / "12-hardening" / "index.html").read_text()
    shown = re.search(r'<p class="rd-attack"[^>]*>(.*?)</p>', page, re.DOTALL)[1]

    assert " ".join(re.sub("<[^>]+>", "", shown).split()) == (
        "Send 100,000 opening brackets POST /api/login before: 500 after: 400"
    )
    assert 'class="rd-attack"' not in (site / "chapters" / "04-tokens" / "index.html").read_text()
