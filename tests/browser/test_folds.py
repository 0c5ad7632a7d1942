"""Tests folded files and tests, which are on pages of their own: a fold fetches its part when it is opened."""

import re

import pytest

CHAPTER = "chapters/15-refresh-tokens/"
PART = "tests-test-refresh-py-rest"
PAGE = re.compile(r"[^/]+\.html$")
COPIED = "said => document.querySelector('[role=status]').textContent === said"
FOLD = f".rd-fold[data-page={PART}]"


@pytest.fixture
def page(visit):
    """Opens a long chapter, and records which pages it requests from then on."""
    page = visit(CHAPTER)
    page.asked = []
    page.on("request", lambda request: page.asked.extend(PAGE.findall(request.url)))
    return page


def test_tests_are_fetched_when_they_are_opened(page):
    """With the keyboard too. The panes have their colours, and opening again fetches nothing."""
    fold = page.locator(FOLD)
    assert fold.locator(".rd-pane").count() == 0
    fold.locator("summary").press("Enter")
    fold.locator(".rd-pane").first.wait_for()

    assert fold.locator("summary").evaluate("e => e === document.activeElement")
    assert fold.get_attribute("aria-busy") is None
    assert fold.locator(".rd-pane").evaluate_all("panes => panes.map((e) => e.id)")[:2] == [
        PART,
        "tests-test-http-py-rest",
    ]
    assert fold.locator(".rd-line .nf").count() > 20
    assert page.locator(f"#{PART}").count() == 1
    assert fold.locator(".rd-apart").count() == 0
    for _ in range(2):
        fold.locator("summary").press("Enter")
    assert page.asked == [f"{PART}.html"]


def test_a_fold_is_busy_while_its_part_comes(page):
    """A screen reader knows that more will follow. The link is there meanwhile, as high as a finger needs (WCAG 2.5.8)."""
    waiting = []
    page.route(f"**/{PART}.html", lambda route: waiting.append(route))
    fold = page.locator(FOLD)
    fold.locator("summary").click()
    page.wait_for_function("selector => document.querySelector(selector).ariaBusy === 'true'", arg=FOLD)
    assert fold.get_by_role("link", name="Open on a separate page").bounding_box()["height"] >= 24

    waiting[0].continue_()
    page.wait_for_function("selector => document.querySelector(selector).ariaBusy === null", arg=FOLD)
    assert fold.locator(".rd-pane").first.is_visible()


def test_fetched_tests_are_copied(page):
    """The buttons of a pane work like those of any other pane."""
    page.locator(FOLD).locator("summary").click()
    page.locator(f"#{PART} .rd-copy").click()
    page.wait_for_function(COPIED, arg=f"{page.locator(f'#{PART} .rd-line').count()} lines copied")

    assert page.evaluate("navigator.clipboard.readText()").startswith("import logging\nimport threading\n")


def test_an_address_leads_into_a_fold(visit):
    """The fold opens, and the pane is in view, although it was on another page."""
    page = visit(f"{CHAPTER}#tests-test-urls-py-rest")
    pane = page.locator("figure#tests-test-urls-py-rest")
    pane.wait_for()
    page.wait_for_function("scrollY > 1000")

    assert -10 < pane.bounding_box()["y"] < 900


def test_whole_files_are_fetched_once(page):
    """The first file that is opened, in place or from a pane, brings the page of all files."""
    page.locator("#file-authentication-sessions-py summary").click()
    page.locator("#file-authentication-sessions-py .rd-line").first.wait_for()
    page.locator(".rd-whole[href='#file-authentication-tokens-py']").first.click()

    assert page.get_by_role("dialog", name="authentication/tokens.py").locator(".rd-line").count() > 60
    assert page.asked == ["files.html"]


def test_what_cannot_be_fetched_keeps_its_link(page):
    """A pane's button leads to the other page. Opening the fold again tries again."""
    page.route("**/*.html", lambda route: route.abort())
    fold = page.locator(FOLD)
    fold.locator("summary").click()
    page.wait_for_function("selector => document.querySelector(selector).ariaBusy === null", arg=FOLD)
    assert fold.get_by_role("link", name="Open on a separate page").is_visible()

    page.unroute("**/*.html")
    fold.locator("summary").click()
    fold.locator("summary").click()
    fold.locator(".rd-pane").first.wait_for()
    page.route("**/files.html", lambda route: route.abort(), times=1)
    page.locator(".rd-whole[href='#file-authentication-tokens-py']").first.click()
    page.wait_for_url("**/files.html#file-authentication-tokens-py")


def test_a_page_of_tests_can_be_used_alone(visit):
    """It is open, has buttons to copy, and no list of steps."""
    page = visit(f"{CHAPTER}{PART}.html")
    page.locator(f"#{PART} .rd-copy").click()
    page.wait_for_function(COPIED, arg=f"{page.locator(f'#{PART} .rd-line').count()} lines copied")

    assert page.locator("h1").inner_text() == "Tests: Refresh tokens"
    assert page.locator(".rd-bar, .rd-step").count() == 0


def test_all_folds_can_be_opened_and_printed(page):
    """What was opened is printed, and no link in its place. What is folded is one line on paper, as on the screen."""
    page.evaluate("document.querySelectorAll('.rd-fold').forEach((fold) => (fold.open = true))")
    page.wait_for_function("!document.querySelector('.rd-fold .rd-apart')")
    page.locator(f"{FOLD} summary").click()
    page.emulate_media(media="print")

    panes = page.locator(".rd-fold .rd-pane").evaluate_all("panes => panes.map((e) => [e.id, e.checkVisibility()])")
    assert dict(panes)["tests-test-views-py-rest"]
    assert not dict(panes)[PART]
    assert page.locator(f"{FOLD} summary").is_visible()
    assert page.locator(".rd-apart").evaluate_all("links => links.filter((e) => e.checkVisibility()).length") == 0
