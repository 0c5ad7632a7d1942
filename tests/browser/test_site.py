"""Tests the site as a whole: its requests, size, search and colours."""

import re

import pytest

MOST_BYTES = 250_000  # of a first visit, compressed
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
LEFT = "net::ERR_ABORTED"  # what Chromium reports for a request that was running when the page was left
CONTRAST = """(names) => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const luminance = (name) => {
        const value = getComputedStyle(document.body).getPropertyValue(name);
        canvas.fillStyle = '#000';
        canvas.fillStyle = value;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [ink, ground] = names.map(luminance);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
}"""


@pytest.fixture
def watched(browser, site):
    """Opens a page in a new profile and records each response: URL, status or error, and its bytes."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    answers = []

    def note(request):
        answers.append((request.url, request.response().status, max(0, request.sizes()["responseBodySize"])))

    page.on("requestfinished", note)
    page.on("requestfailed", lambda request: answers.append((request.url, request.failure, 0)))
    yield page, answers
    context.close()


def test_no_request_leaves_the_site(watched, site, addresses):
    """Every request of a page goes to the site itself, and succeeds."""
    page, answers = watched
    pages = {site + address for address in addresses}
    for address in sorted(pages):
        page.goto(address, wait_until="networkidle")

    there = {address for address, status, _ in answers if status == 200}
    left = {address for address, status, _ in answers if status == LEFT}

    assert pages < there
    assert [answer for answer in answers if not answer[0].startswith(site) or answer[1] not in (200, LEFT)] == []
    assert left - there == set()


def test_a_first_visit_is_light(watched, site, chapter):
    """A chapter has at most 250 KB, compressed."""
    page, answers = watched
    page.goto(site + chapter, wait_until="networkidle")

    assert 100_000 < sum(size for _, _, size in answers) <= MOST_BYTES, sorted(answers, key=lambda a: -a[2])[:8]


@pytest.mark.parametrize("width", [1440, 390])
def test_the_index_of_the_search_comes_when_it_is_wanted(watched, site, width):
    """Reading loads no index. Opening the search loads it."""
    page, answers = watched
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site + "chapters/05-authentication-backend/", wait_until="networkidle")
    assert [address for address, _, _ in answers if "search_index" in address] == []

    page.locator("label[for=__search]").first.click() if width == 390 else page.get_by_placeholder("Search").click()
    page.get_by_placeholder("Search").press_sequentially("challenge")
    page.locator(".md-search-result__link").first.wait_for()
    assert [(address, status) for address, status, _ in answers if "search_index" in address] == [
        (f"{site}search/search_index.json", 200)
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "ground", ["--rd-pane", "--rd-add", "--rd-del", "--rd-add-strong", "--rd-del-strong", "--rd-hot"]
)
def test_every_colour_of_code_can_be_read(visit, scheme, ground):
    """Each syntax colour has a contrast of 4.5:1 on plain, added and removed lines, changed words and the current line."""
    page = visit("chapters/05-authentication-backend/", color_scheme=scheme)
    style = page.evaluate("fetch(document.querySelector('link[href*=reading]').href).then((answer) => answer.text())")
    inks = sorted(set(re.findall(r"--hl-\w+(?=:)", style))) + ["--md-code-fg-color"]
    low = {ink: page.evaluate(CONTRAST, [ink, ground]) for ink in inks}

    assert len(inks) > 5
    assert {ink: ratio for ink, ratio in low.items() if ratio < LEAST_CONTRAST} == {}


def test_forced_colours_leave_it_legible(visit):
    """In a high-contrast mode, signs and bars stay, and the current line has an outline."""
    page = visit("chapters/05-authentication-backend/", forced_colors="active")
    line = page.locator("ins > .rd-line").first

    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert line.evaluate("(e) => getComputedStyle(e, '::after').content").startswith('"+"')
    assert page.locator("ins.rd-run").first.evaluate("(e) => getComputedStyle(e, '::before').backgroundColor") not in (
        "rgba(0, 0, 0, 0)",
        "rgb(255, 255, 255)",
    )
    page.locator(".rd-ref").first.hover()
    assert page.locator(".rd-hot").evaluate("(e) => getComputedStyle(e).outlineStyle") == "solid"


def test_the_menu_of_a_phone_leads_to_every_chapter(visit):
    """The menu button opens it by touch."""
    page = visit("", width=390, height=844, has_touch=True)
    page.get_by_role("button", name="Menu").click()
    page.get_by_text("Chapters", exact=True).locator("visible=true").first.click()
    page.locator(".md-nav--primary a[href*='08-urls']").click()
    page.wait_for_url("**/chapters/08-urls/")
