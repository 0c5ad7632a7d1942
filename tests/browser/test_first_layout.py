"""Tests that a page is laid out once when it loads, and that what is far from view waits."""

import pytest

CHAPTER = "chapters/15-refresh-tokens/"
# Notes each change of the classes of the page and of the mark with which the theme switches colours.
NOTE = """
window.noted = [];
new MutationObserver((changes) => changes.forEach(({target, attributeName, addedNodes}) => {
  if (attributeName === 'class' && target === document.documentElement) noted.push(target.className);
  if (attributeName === 'data-md-color-switching') noted.push(attributeName);
  if ([...addedNodes].includes(document.body)) noted.push('body');
})).observe(document, {subtree: true, childList: true, attributes: true});
"""
FAR = """[...document.querySelectorAll('.rd-step > .rd-side > .rd-pane .rd-line')]
    .filter((line) => !line.checkVisibility({contentVisibilityAuto: true})).length"""


@pytest.fixture
def noting(visit):
    """Opens a chapter and notes what would make the browser compute styles again."""

    def noting(address=CHAPTER, **options):
        page = visit("about/", **options)
        page.context.add_init_script(NOTE)
        page.goto(page.url.replace("about/", address))
        return page

    return noting


def test_the_classes_of_a_page_are_set_before_anything_is_laid_out(noting):
    """Set later, they would change the style of every element."""
    noted = noting().evaluate("noted")

    assert set(noted[: noted.index("body")]) == {"js rd-far rd-wide"}
    assert [each for each in noted[noted.index("body") :] if not each.startswith(("body", "js rd-far"))] == []


def test_a_chapter_has_its_width_before_its_text(visit):
    """A chapter that is still being read from the network is not laid out as a page of text first."""
    page = visit(CHAPTER)
    width = "document.querySelector('.md-main__inner').offsetWidth"
    whole = page.evaluate(width)
    page.evaluate("document.querySelector('article').replaceChildren()")

    assert (whole, page.evaluate(width)) == (1440, 1440)


@pytest.mark.parametrize(("scheme", "marked"), [("light", False), ("dark", True)])
def test_colours_are_switched_only_where_they_change(noting, scheme, marked):
    """A first visit begins with light colours. A click switches, and nothing fades."""
    page = noting(color_scheme=scheme)
    assert ("data-md-color-switching" in page.evaluate("noted")) is marked

    page.evaluate("noted.length = 0")
    page.locator("label.md-header__button[title^=Switch]:visible").click()
    page.wait_for_function("noted.filter((each) => each === 'data-md-color-switching').length === 2")


@pytest.mark.parametrize("act", ["wheel", "key", "link"])
def test_far_panes_are_laid_out_with_the_first_act(noting, act):
    """Then nothing moves while one reads."""
    page = noting()
    assert page.evaluate(FAR) > 200

    if act == "wheel":
        page.mouse.wheel(0, 1)
    elif act == "key":
        page.keyboard.press("Tab")
    else:
        page.evaluate("location.hash = 'used-once'")
    page.wait_for_function(f"{FAR} === 0")


def test_an_address_of_a_place_shows_all_at_once(noting):
    """The place could not be found in a page that is not laid out."""
    assert noting(f"{CHAPTER}#used-once").evaluate(FAR) == 0
