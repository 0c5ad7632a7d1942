"""Tests the layout: two columns in a wide window, one column on a phone, and print."""

import io

import pytest
from pypdf import PdfReader

REM = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
BOXES = """() => [...document.querySelectorAll('.rd-step')].map((step) => {
    const box = (name) => { const b = step.querySelector(name).getBoundingClientRect();
                            return {left: b.left, right: b.right, top: b.top, bottom: b.bottom, width: b.width}; };
    return {prose: box('.rd-prose'), side: box('.rd-side')};
})"""
SCROLLERS = """() => [...document.querySelectorAll('main *')].filter((e) =>
    e.clientHeight && e.scrollHeight > e.clientHeight + 1 && ['auto', 'scroll'].includes(getComputedStyle(e).overflowY)
    && !e.matches('.rd-hidden')).map((e) => e.className)"""


def test_each_diff_is_next_to_its_prose_or_follows_it(opened):
    """From 1220 px on, both begin at the same height. Below, each diff comes before the prose of the next one."""
    page = opened
    rem = page.evaluate(REM)
    for width in (1440, 1220, 1219, 900, 390):
        page.set_viewport_size({"width": width, "height": 900})
        boxes = page.evaluate(BOXES)

        assert boxes
        if width < 1220:
            edges = [
                edge for box in boxes for edge in (box["prose"]["top"], box["prose"]["bottom"], box["side"]["top"])
            ]
            assert edges == sorted(edges), width
            continue
        for box in boxes:
            assert box["prose"]["width"] <= 28.5 * rem + 1
            assert box["side"]["left"] > box["prose"]["right"]
            assert abs(box["side"]["top"] - box["prose"]["top"]) < rem
        if width == 1440:
            assert {round(box["prose"]["width"]) for box in boxes} == {28.5 * rem}


def test_lines_of_88_characters_fit_their_pane(opened):
    """In every window that is wider than a phone, a pane scrolls sideways only if it has a longer line."""
    opened.evaluate("document.documentElement.classList.remove('rd-far')")
    for width in (1440, 1220, 1219, 1100, 900):
        opened.set_viewport_size({"width": width, "height": 900})
        scrolls = opened.locator(".rd-side > .rd-pane > .rd-scroll").evaluate_all(
            "all => all.map((e) => [e.scrollWidth - e.clientWidth,"
            " Math.max(...e.innerText.split('\\n').map((s) => s.length))])"
        )

        assert scrolls
        assert [longest for over, longest in scrolls if over > 0 and longest <= 88] == [], width


def test_the_shorter_of_the_two_stays_in_view(visit):
    """The prose of a long diff stays in view, and so does the diff of long prose."""
    page = visit("chapters/17-outbox/")
    for long, short in ((".rd-side", ".rd-prose"), (".rd-prose", ".rd-side")):
        step = page.evaluate_handle(
            """([long, short]) => [...document.querySelectorAll('.rd-step:not(:has(> .rd-low))')]
                .map((step) => [step, step.querySelector(long).offsetHeight - step.querySelector(short).offsetHeight])
                .sort((a, b) => b[1] - a[1])[0][0]""",
            [long, short],
        )
        page.evaluate("step => scrollTo(0, step.getBoundingClientRect().top + scrollY + 40)", step)
        top = page.evaluate("([step, short]) => step.querySelector(short).getBoundingClientRect().top", [step, short])
        rest = page.evaluate("([step, long]) => step.querySelector(long).getBoundingClientRect().top", [step, long])
        assert rest < 0 < top < 100, (long, rest, top)


def test_nothing_scrolls_up_and_down_inside_the_page(opened):
    """Each pane is as tall as its lines, so the mouse wheel always scrolls the page. Only the menu's chapters scroll."""
    for width in (1440, 900, 390):
        opened.set_viewport_size({"width": width, "height": 900})
        assert {*opened.evaluate(SCROLLERS)} <= {"md-nav__list"}, width


def test_no_page_scrolls_sideways(visit, addresses):
    """Every page fits a screen of any width, down to 320 px."""
    page = visit("")
    start = page.url
    wide = []
    for address in addresses:
        page.goto(start + address)
        page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        for width in (320, 390, 720, 900, 1100, 1219, 1220, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((address, width))
    assert wide == []


@pytest.mark.parametrize("width", [390, 720])
def test_on_a_phone_long_lines_hang_behind_their_beginning(visit, width):
    """At 720 px and less, code wraps, and the second line is indented further than the first."""
    page = visit("chapters/05-authentication-backend/", width=width)
    wrapped = page.evaluate(
        """() => [...document.querySelectorAll('.rd-pane .rd-line')].filter((e) => e.offsetParent).map((line) => {
            const range = document.createRange();
            range.selectNodeContents(line);
            const rows = new Map();
            for (const box of range.getClientRects()) {
                if (box.width > 1) rows.set(Math.round(box.top), Math.min(box.left, rows.get(Math.round(box.top)) ?? 9999));
            }
            const blank = line.textContent.length - line.textContent.trimStart().length;
            return {lefts: [...rows.values()], blank};
        }).filter(({lefts}) => lefts.length > 1)"""
    )

    assert len(wrapped) > (10 if width == 390 else 0)
    assert page.evaluate("getComputedStyle(document.querySelector('.rd-code')).whiteSpace") == "pre-wrap"
    assert [row for row in wrapped if row["blank"] == 0 and min(row["lefts"][1:]) <= row["lefts"][0]] == []


def test_at_721_pixels_code_keeps_its_lines(visit):
    """From 721 px on, code does not wrap."""
    page = visit("chapters/05-authentication-backend/", width=721)

    assert page.evaluate("getComputedStyle(document.querySelector('.rd-code')).whiteSpace") == "pre"


def test_it_prints_in_order_and_legibly(page):
    """On A4 each diff follows its prose, code wraps, and no button is printed."""
    paper = page.pdf(format="A4", print_background=True)
    words = " ".join(
        "".join(sheet.extract_text(extraction_mode="layout") for sheet in PdfReader(io.BytesIO(paper)).pages).split()
    )
    order = [
        "All code that knows what a token looks like",
        'ALGORITHM = "HS256"',
        "A token of ours has five claims",
        "def issue_token",
    ]

    assert [words.index(part) for part in order] == sorted(words.index(part) for part in order)
    assert "Report a mistake here" not in words
    page.emulate_media(media="print")
    assert page.evaluate(BOXES)[0]["prose"]["bottom"] <= page.evaluate(BOXES)[0]["side"]["top"]
    assert not page.locator(".rd-tools, .rd-bar, .rd-foot, pre > .rd-copy").first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.rd-code')).whiteSpace") == "pre-wrap"


def test_without_scripts_nothing_is_missing(unscripted):
    """Prose, diffs, links and whole files are there. Only the buttons that need a script are missing."""
    page = unscripted

    assert page.locator(".rd-step").count() > 0
    assert page.locator(".rd-side :is(.rd-pane, .rd-apart)").count() >= page.locator(".rd-step").count()
    assert not page.locator(".rd-copy").first.is_visible()
    for fold, part in ((".rd-file", ".rd-scroll"), (".rd-fold[data-page]", ".rd-pane")):
        page.locator(f"{fold} summary").first.click()
        page.locator(f"{fold} .rd-apart a").first.click()
        assert page.locator(f"{fold} {part}").first.is_visible()
        page.get_by_role("link", name="Back to the chapter").click()
        assert page.locator(".rd-step").count() > 0
