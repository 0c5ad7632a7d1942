"""Tests what keeps a reader's place in a long chapter: the bar in the header, and long panes that show their first lines."""

import pytest

from tests.browser.conftest import CHAPTERS

CHAPTER = "chapters/12-hardening/"
SECTION = "#the-admins-login-form"
CAPPED = ".rd-capped"


def scroll_to(page, selector):
    """Brings an element to the top of the window, and waits until the page has noticed it."""
    page.evaluate("s => scrollTo(0, document.querySelector(s).getBoundingClientRect().top + scrollY - 80)", selector)
    page.wait_for_function("document.body.classList.contains('rd-reading')")


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_the_bar_says_where_one_is(visit, width):
    """Chapter, section and step follow the scroll. At the top of the page, the head of the chapter says it."""
    page = visit(CHAPTER, width=width)
    bar = page.locator(".rd-here")
    steps = page.locator(".rd-step").count()
    assert bar.is_hidden()

    scroll_to(page, SECTION)
    assert bar.is_visible()
    assert bar.locator("summary").inner_text() == "The admin's login form"
    before = page.evaluate(
        "[...document.querySelectorAll('.rd-step')].filter((e) => e.getBoundingClientRect().top < innerHeight * 0.4).length"
    )
    assert bar.locator(".rd-here-steps").inner_text() == f"{before} of {steps} steps"
    assert bar.locator("b").text_content() == f"12/{len(CHAPTERS)}"
    assert bar.bounding_box()["height"] == (48 if width == 1440 else 36)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_menu_of_sections_leads_and_closes(visit):
    """It has each section. A choice leads there and closes it, and so does Escape."""
    page = visit(CHAPTER)
    scroll_to(page, SECTION)
    menu = page.locator(".rd-here-menu")
    menu.locator("summary").click()
    assert menu.get_by_role("link").all_inner_texts() == page.locator(".md-typeset > h2[id]").evaluate_all(
        "all => all.map((title) => title.firstChild.textContent)"
    )
    menu.get_by_role("link", name="Break it").click()
    page.wait_for_url("**/#break-it")
    assert menu.get_attribute("open") is None

    menu.locator("summary").click()
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    assert page.evaluate("document.activeElement.matches('.rd-here summary')")


def test_the_bar_turns_to_the_next_chapter_and_back(visit):
    """The first chapter has no previous one, and the last one has no next."""
    page = visit("chapters/01-dockerfile/")
    turns = page.locator(".rd-here > a:not(.rd-here-title)")
    assert turns.evaluate_all("all => all.map((e) => e.ariaLabel)") == ["Next chapter: A user of our own"]
    scroll_to(page, "#recap")
    turns.click()
    page.wait_for_url("**/chapters/02-user-model/")
    assert turns.first.get_attribute("aria-label") == "Previous chapter: The project and its image"
    page.goto(page.url.replace("02-user-model", "final"))
    assert turns.count() == 1


def test_a_long_pane_shows_its_first_lines_until_all_are_wanted(visit):
    """The button says how many lines there are. A link to a line that is not shown shows all of them."""
    page = visit(CHAPTER)
    count = page.locator(CAPPED).count()
    assert count > 1
    name = page.locator(".rd-pane", has=page.locator(CAPPED)).first.get_attribute("id")
    first = page.locator(f"[id='{name}']")
    lines = first.locator(".rd-line").count()
    assert first.locator(".rd-more").inner_text() == f"Show all {lines} lines"
    assert first.locator(".rd-scroll").bounding_box()["height"] < 23 * 20

    first.locator(".rd-more").click()
    assert page.locator(CAPPED).count() == count - 1
    assert first.locator(".rd-more").count() == 0

    last = page.locator(CAPPED).first.locator(".rd-line[id]").last
    page.evaluate("id => (location.hash = id)", last.get_attribute("id"))
    page.wait_for_function("count => document.querySelectorAll('.rd-capped').length === count", arg=count - 2)
