"""Tests the pages around the chapters in a real browser: glossary, tokens, errata, start page, offline copy."""

import os
import re
import struct
import subprocess
import sys

import pytest

from companion.chain.faults import AREAS
from companion.chain.stages import ROOT, stages
from tests.browser.pictures import draw
from tests.site.errata import read_all

FAULTS = read_all((ROOT / "docs/errata.md").read_text())
CHAPTER = "chapters/04-tokens/"
INSIDE = "e => { const r = e.getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth && r.top >= 0 && r.bottom <= innerHeight }"

PICTURES = [
    path.relative_to(ROOT / "docs").with_suffix("").as_posix().removesuffix("index")
    + ("" if path.stem == "index" else "/")
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if "\n/// picture | " in path.read_text()
]
# The words of pictures that leave the box around their middle, or the picture, or that lie on other words
LEAVES_ITS_BOX = """() => [...document.querySelectorAll("svg.jr")].flatMap((svg) => {
    const box = (e) => { const b = e.getBBox(); return [b.x, b.y, b.x + b.width, b.y + b.height]; };
    const inside = ([x, y, right, bottom], [a, b, c, d]) => x >= a && y >= b && right <= c && bottom <= d;
    const boxes = [...svg.querySelectorAll("rect")].map(box);
    const words = [...svg.querySelectorAll("text")].map((e) => [e.textContent, box(e)]);
    return words.filter(([, here], n) => {
        const [x, y] = [(here[0] + here[2]) / 2, (here[1] + here[3]) / 2];
        const around = [[0, 0, svg.viewBox.baseVal.width, svg.viewBox.baseVal.height],
            ...boxes.filter((b) => inside([x, y, x, y], b))];
        const on = words.slice(n + 1).some(([, [a, b, c, d]]) =>
            here[0] < c && a < here[2] && here[1] + 3 < d && b + 3 < here[3]);
        return on || !around.every((b) => inside(here, b));
    }).map(([text]) => text);
})"""

STILL = """button => {
    const top = button.getBoundingClientRect().top;
    button.frames = top === button.top ? button.frames + 1 : 0;
    button.top = top;
    return button.frames > 10;
}"""


def word(page):
    """Returns the first explained word, and its explanation."""
    button = page.locator(".md-content button.gl").first
    return button, page.locator(f"#{button.get_attribute('popovertarget')}")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_word_is_explained_by_pointer_keyboard_and_click(visit, scripts):
    """The pointer, the focus and Enter show the explanation, with and without scripts. Escape hides it and keeps the focus."""
    page = visit(CHAPTER, java_script_enabled=scripts)
    button, meaning = word(page)
    assert not meaning.is_visible()

    button.hover()
    meaning.wait_for()
    page.keyboard.press("Escape")
    meaning.wait_for(state="hidden")

    page.mouse.move(0, 0)
    button.focus()
    meaning.wait_for()
    page.keyboard.press("Escape")
    meaning.wait_for(state="hidden")
    page.keyboard.press("Enter")
    meaning.wait_for()
    page.keyboard.press("Escape")
    meaning.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.classList.contains('gl')")

    button.click()
    meaning.wait_for()
    meaning.get_by_role("link", name="In the glossary").click()
    page.wait_for_url("**/glossary/#*")


@pytest.fixture
def uninterested(visit):
    """Opens a chapter in a browser without `interestfor`, like Firefox."""
    page = visit("about/")
    page.add_init_script("delete HTMLButtonElement.prototype.interestForElement")
    page.route(
        "**/chapters/*/", lambda route: route.fulfill(body=route.fetch().text().replace("interestfor=", "data-was="))
    )
    page.goto(page.url.replace("about/", CHAPTER))
    return page


def test_a_word_is_explained_where_a_browser_knows_no_interest(uninterested):
    """The pointer and the focus show the explanation. Leaving hides it, and so does Escape. The page does not move."""
    page = uninterested
    button, meaning = word(page)
    place = "e => e.closest('.rd-prose, .rd-intro').getBoundingClientRect().bottom"
    height = button.evaluate(place)

    button.hover()
    meaning.wait_for()
    assert meaning.evaluate("e => e.matches(':popover-open')")
    assert button.evaluate(place) == height
    meaning.hover()
    page.mouse.move(0, 0)
    meaning.wait_for(state="hidden")

    button.hover()
    meaning.wait_for()
    page.keyboard.press("Escape")
    meaning.wait_for(state="hidden")
    page.mouse.move(0, 0)

    page.keyboard.press("Tab")
    button.focus()
    meaning.wait_for()
    page.keyboard.press("Escape")
    meaning.wait_for(state="hidden")
    assert button.evaluate("e => e === document.activeElement")


def test_a_click_keeps_the_meaning_of_a_word(uninterested):
    """A click does not close what the pointer has opened. Pointer and keyboard reach the link inside."""
    page = uninterested
    button, meaning = word(page)
    button.hover()
    meaning.wait_for()
    button.click()
    page.mouse.move(0, 0)
    page.keyboard.press("Tab")

    assert meaning.get_by_role("link").evaluate("e => e === document.activeElement")
    assert meaning.is_visible()
    button.click()
    meaning.wait_for(state="hidden")
    button.click()
    meaning.get_by_role("link", name="In the glossary").click()
    page.wait_for_url("**/glossary/#*")


@pytest.mark.parametrize("width", [1440, 900, 390, 320])
def test_an_explanation_stays_inside_the_window(visit, width):
    """The whole explanation is visible, wherever the word is in its line. On a phone, a tap opens it."""
    page = visit(CHAPTER, width=width, has_touch=True)
    for button in page.locator(".md-content button.gl").all():
        button.scroll_into_view_if_needed()  # panes get their layout when they come near, and move the content below
        page.wait_for_function(STILL, arg=button.element_handle())
        button.tap()
        meaning = page.locator(f"#{button.get_attribute('popovertarget')}")
        meaning.wait_for()
        assert meaning.evaluate(INSIDE), button.inner_text()
        page.keyboard.press("Escape")
        meaning.wait_for(state="hidden")


def test_a_word_is_copied_with_its_sentence(page):
    """A selection contains the word, and not its explanation."""
    button, meaning = word(page)
    paragraph = button.locator("xpath=ancestor::p[1]")
    paragraph.evaluate("e => getSelection().selectAllChildren(e)")
    copied = page.evaluate("getSelection().toString()")

    assert button.inner_text() in copied
    assert meaning.text_content() not in copied


def test_words_are_not_explained_on_paper(page):
    """Explanations are not printed."""
    page.emulate_media(media="print")
    assert page.locator(".gl-tip").filter(visible=True).count() == 0


def test_the_parts_of_a_token_differ_by_more_than_colour(page):
    """Each part has its own kind of underline, in the block and in its explanation. The text of the block is the token."""
    for place in (".md-content pre code", ".md-content details.tk li"):
        lines = [
            page.locator(f"{place} .tk-{part}").first.evaluate("e => getComputedStyle(e).textDecorationStyle")
            for part in ("header", "claims", "signature")
        ]
        assert lines == ["solid", "dashed", "double"], place

    block = page.locator("pre code", has=page.locator(".tk-header")).first
    raw = page.locator("details.tk[open] .tk-raw").all_text_contents()
    assert ".".join(raw) in block.text_content()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_errata_are_filtered_without_a_script(visit, scripts):
    """Each button shows as many faults as it says. Two buttons combine. A link to a fault always shows it."""
    page = visit("errata/", java_script_enabled=scripts)
    faults = page.locator("details.er")
    for label in page.locator(".er-filter label").all():
        label.click()
        assert faults.filter(visible=True).count() == int(label.inner_text().split()[-1]), label.inner_text()
        page.locator(f"label[for={label.get_attribute('for').split('-')[0]}-all]").click()

    page.locator("label[for=severity-high]").click()
    page.locator("label[for=state-kept]").click()
    shown = [int(text.split(".")[0]) for text in faults.filter(visible=True).locator("h3").all_inner_texts()]
    assert shown == [fault.number for fault in FAULTS if fault.severity == "high" and fault.state == "kept"]
    page.goto(f"{page.url.partition('#')[0]}#fault-1")
    assert page.locator("#fault-1").is_visible()


def test_the_counts_of_the_errata_follow_the_filters(visit):
    """A button says how many faults it would leave with the other rows as they are; headings without rows are hidden."""
    page = visit("errata/")
    page.locator("label[for=severity-high]").click()
    assert page.locator(".er-shown").inner_text() == f"{page.locator('.er-high').count()} of {len(FAULTS)}"
    kept = [fault for fault in FAULTS if fault.severity == "high" and fault.state == "kept"]
    assert page.locator("label[for=state-kept]").inner_text() == f"Kept {len(kept)}"
    page.locator("label[for=state-kept]").click()
    areas = [area for area in AREAS if any(fault.area == area for fault in kept)]
    shown = page.locator(".md-typeset > h2").filter(visible=True).evaluate_all("all => all.map((e) => e.id)")
    assert shown == [*areas, "what-is-not-a-fault"]


def test_a_fault_opens_in_place_by_click_and_by_address(visit):
    """A row shows its prose when it is opened, and the one that the address names is open."""
    page = visit("errata/#fault-3")
    opened = page.locator("details.er[open]")
    assert opened.locator("h3").evaluate_all("all => all.map((e) => e.id)") == ["fault-3"]
    assert page.locator("#fault-3").evaluate(INSIDE)
    page.locator("#fault-5").click()
    assert page.locator("details.er:has(#fault-5) .er-told").is_visible()
    assert page.url.endswith("errata/#fault-5")


@pytest.mark.parametrize(
    "address", ["questions/", "instructors/", "troubleshooting/", "about/", "checking/", "errata/"]
)
def test_no_line_of_a_text_page_is_too_long(visit, address):
    """A line of a paragraph has at most about 72 characters, so that the eye finds the next one."""
    page = visit(address, width=1440)
    widths = page.locator(".md-content__inner > p").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().width / parseFloat(getComputedStyle(e).fontSize))"
    )
    assert 0 < max(widths) <= 32.5  # a character is 0.45 of the size of the font


@pytest.mark.parametrize("address", ["questions/", "instructors/", "operations/", "speed/", "errata/"])
def test_little_is_empty_next_to_the_first_paragraph(visit, address):
    """On a wide screen, the text takes most of its column, and the list of sections is next to the column."""
    page = visit(address, width=1440)
    lines = page.locator(".md-content__inner > :is(p, .st-columns)").first.bounding_box()
    column = page.locator(".md-content__inner").bounding_box()

    assert lines["width"] >= 0.7 * column["width"]
    sections = page.locator(".md-sidebar--secondary")
    if sections.is_visible():
        assert sections.bounding_box()["x"] - column["x"] - column["width"] < 60


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("instructors/", "--assignment"),
        ("checking/", "--exercise"),
        ("operations/", "--detach"),
        ("operations/", "DATABASE_PASSWORD"),
        ("chapters/15-refresh-tokens/", "JWT_REFRESH_LIFETIME"),
    ],
)
def test_an_option_or_a_name_stays_on_one_line(visit, address, whole, width):
    """A word of code does not break after its hyphens or in a table, and code in a sentence is close to its punctuation."""
    page = visit(address, width=width)
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    words = page.locator(".md-content__inner :is(.rd-word, td code:not(:has(.rd-word)))")
    shown = words.evaluate_all("all => all.map((e) => [e.textContent, e.getClientRects().length])")

    assert whole in [text.partition(" ")[0] for text, _ in shown]
    assert [text for text, lines in shown if lines > 1 and len(text) < 25 and (text[0] == "-" or " " not in text)] == []
    code = page.locator(".md-content__inner p > code").first
    assert code.evaluate("e => parseFloat(getComputedStyle(e).paddingRight)") <= 3


@pytest.mark.parametrize("width", [1440, 390, 360])
@pytest.mark.parametrize("address", ["instructors/", "operations/", "chapters/22-browser-client/"])
def test_a_long_command_wraps_before_an_option(visit, address, width):
    """An option and the beginning of its value are on the same line, and no line is a backslash alone."""
    page = visit(address, width=width)
    apart = page.locator(".rd-word + .w:visible, .w:has(+ .se):visible").evaluate_all(
        """all => all.filter((space) => !space.nextSibling.matches?.('.rd-word')).map((space) => {
            const range = document.createRange();
            range.setStart(space.nextSibling.firstChild ?? space.nextSibling, 0);
            range.setEnd(space.nextSibling.firstChild ?? space.nextSibling, 1);
            const {bottom} = (space.previousElementSibling.matches('.rd-word') ? space.previousElementSibling : space).getBoundingClientRect();
            return [space.parentNode.textContent.slice(0, 60), range.getBoundingClientRect().bottom - bottom];
        })"""
    )

    assert len(apart) > 1
    assert [word for word, down in apart if down > 5] == []


def test_the_page_for_a_wrong_address_lists_the_chapters(visit):
    """Each chapter is a link there."""
    page = visit("404.html")
    assert page.locator(".st-chapters a").count() == len(stages())


def test_the_buttons_of_the_errata_work_by_keyboard(visit):
    """They are radio buttons: Tab stops once in each row, and the arrow keys move within the row."""
    page = visit("errata/")
    page.locator("#severity-all").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("details.er").filter(visible=True).count() == page.locator("details.er-high").count()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "er-state"


def test_a_note_leads_to_its_fault_and_the_fault_to_its_step(page):
    """Both links lead to a target that is in view."""
    page.locator(".fixed .er-link", has_text="22").click()
    page.wait_for_url("**/errata/#fault-22")
    fault = page.locator("details.er:has(#fault-22)")
    assert page.locator("#fault-22").evaluate(INSIDE)
    fault.get_by_role("link", name="read_token").click()
    page.wait_for_url(f"**/{CHAPTER}#step-authentication-tokens-py-read-token")
    assert page.evaluate("document.querySelector(':target').getBoundingClientRect().top < innerHeight / 2")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reader_on_a_telephone_decides_from_the_first_screen(visit, scheme):
    """The first screen says what the tutorial is, how long it takes, and where it begins."""
    page = visit("", width=390, height=844, color_scheme=scheme)
    for seen in (
        page.locator("h1"),
        page.get_by_text("to read"),
        page.get_by_role("link", name="Begin with chapter 1"),
    ):
        assert seen.first.evaluate(INSIDE)


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_admin_is_shown_in_the_colours_of_the_page(visit, scheme, other):
    """One of the two pictures is shown, and its place is kept while it loads."""
    page = visit("chapters/03-user-manager/", color_scheme=scheme)
    shown, hidden = (page.locator(f"img[src*='admin-{name}.png']") for name in (scheme, other))

    before = shown.bounding_box()["height"]
    shown.scroll_into_view_if_needed()
    page.wait_for_function("image => image.naturalWidth === 780", arg=shown.element_handle())
    assert shown.bounding_box()["height"] == before > 500
    assert not hidden.is_visible()


@pytest.mark.parametrize("page", PICTURES)
def test_the_pictures_are_legible_on_a_telephone(visit, page):
    """The letters are at least 12 pixels high and have the page's colours; no word leaves its box or the picture."""
    page = visit(page, width=390, color_scheme="dark")
    wide = page.evaluate(LEAVES_ITS_BOX)
    for picture in page.locator("svg.jr").all():
        scale = picture.evaluate("e => e.getScreenCTM().a")
        sizes = picture.locator("text").evaluate_all("all => all.map((e) => parseFloat(getComputedStyle(e).fontSize))")
        assert min(sizes) * scale >= 12
    colours = page.locator("svg.jr .jr-ends").first.evaluate(
        "e => [getComputedStyle(e).fill, getComputedStyle(document.querySelector('h1')).color]"
    )

    assert wide == []
    assert colours[0] == colours[1]


def test_the_pictures_are_drawn(browser, tmp_path):
    """The card, the icon and the admin have the right sizes, and their files are small. The admin has two schemes."""
    draw(browser, tmp_path)
    sizes = {path.name: struct.unpack(">II", path.read_bytes()[16:24]) for path in tmp_path.iterdir()}

    assert sizes == {
        "card.png": (1200, 630),
        "icon.png": (180, 180),
        "admin-dark.png": (780, 1053),
        "admin-light.png": (780, 1053),
    }
    assert (tmp_path / "admin-dark.png").read_bytes() != (tmp_path / "admin-light.png").read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_size > 300_000] == []


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Builds the offline copy of the site."""
    folder = tmp_path_factory.mktemp("offline")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", "mkdocs-offline.yml", "-d", str(folder)]
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    return folder


def test_the_site_works_as_files(browser, files):
    """Without a server, the search works, its results lead to their pages, chapters work, and nothing else is requested."""
    page = browser.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((files / "index.html").as_uri())
    page.locator("[data-md-component=search-query]").click()
    page.keyboard.type("salt")
    page.locator(".md-search-result__link[href*=glossary]").first.click()
    page.wait_for_url("**/glossary.html*")
    page.goto((files / "chapters/08-urls.html").as_uri())
    assert page.locator(".gl-tip a").first.get_attribute("href").startswith("../glossary.html#")

    assert [url for url in asked if not url.startswith(("file:", "about:", "data:"))] == []
    assert errors == []
    page.close()


def test_folded_tests_are_reached_without_a_server(browser, files):
    """Files cannot be fetched, so the link in the fold leads to the page that has the tests, and back."""
    page = browser.new_page()
    page.goto((files / "chapters/15-refresh-tokens.html").as_uri())
    fold = page.locator(".rd-fold[data-page]").last
    fold.locator("summary").click()
    fold.get_by_role("link", name="Open on a separate page").click()
    page.locator(".rd-pane .rd-line").first.wait_for()
    assert page.locator("html.rd-wide").count() == 0
    page.get_by_role("link", name="Back to the chapter").click()
    page.wait_for_url("**/chapters/15-refresh-tokens.html")
    page.locator("html.rd-wide").wait_for()
    page.close()


def drawn_with(page, selector):
    """Returns the fonts with which Chromium has drawn the first matching element."""
    chromium = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        chromium.send(f"{domain}.enable")
    root = chromium.send("DOM.getDocument")["root"]["nodeId"]
    node = chromium.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    return [font["familyName"] for font in chromium.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]]


def test_the_site_as_files_has_its_fonts(browser, files):
    """Both fonts are shown, and the browser reports no error."""
    page = browser.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((files / "chapters/05-authentication-backend.html").as_uri())
    page.evaluate("document.fonts.ready.then(() => null)")

    assert drawn_with(page, "h1") == drawn_with(page, ".rd-prose p:not(:has(code))") == ["Inter"]
    assert drawn_with(page, ".rd-prose p code") == ["JetBrains Mono"]
    assert page.locator("link[rel=preload]").count() == 0
    assert complaints == []
    page.close()


def test_the_start_page_shows_a_step_in_the_first_screen(visit):
    """The prose is next to the code, and pointing at a word marks the line that it names."""
    page = visit("", width=1440, height=900)
    pane = page.locator(".rd-spread .rd-pane")
    assert pane.evaluate(INSIDE)
    page.locator(".rd-spread .rd-ref", has_text="algorithms").hover()
    assert pane.locator(".rd-hot").inner_text().strip() == "algorithms=[ALGORITHM],"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_terminal_looks_like_one_in_both_schemes(visit, scheme):
    """It is darker than the page and has a border. The prompt, what is typed and what is printed have different colours."""
    page = visit(CHAPTER, color_scheme=scheme)
    block = page.locator(".language-console code", has=page.locator(".go")).first
    style = "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.borderTopColor, s.borderTopStyle]; }"
    typed, ground, border, drawn = block.evaluate(style)
    others = [block.locator(part).first.evaluate(style)[0] for part in (".gp", ".go")]
    body = page.locator("body").evaluate(style)[1]
    light = {name: sum(map(int, re.findall(r"\d+", name)[:3])) for name in (ground, body, border)}

    assert light[ground] < light[body] and light[ground] < 90
    assert drawn == "solid" and light[border] > light[ground] + 40
    assert len({typed, *others}) == 3
