"""Tests the recording of a terminal on the start page: a still picture until it is played."""

import re

import pytest

from companion.chain.stages import ROOT

TIMES = [int(at) for at in re.findall(r'data-at="(\d+)"', (ROOT / "docs/assets/recording.html").read_text())]


def shown(page):
    """Returns how many parts are shown, counted from the first. Raises if a later one is shown before an earlier one."""
    parts = page.locator(".rc [data-at]")
    seen = parts.evaluate_all("all => all.map((part) => getComputedStyle(part).visibility === 'visible')")
    assert len(seen) == len(TIMES)
    assert seen == sorted(seen, reverse=True)
    return sum(seen)


@pytest.fixture
def moving(visit):
    """Opens the start page as somebody who wants motion, with a clock that stands still."""
    page = visit("about/", reduced_motion="no-preference")
    page.clock.install()
    page.goto(page.url.removesuffix("about/"))
    return page


def test_the_whole_recording_is_shown_until_it_is_played(moving):
    """The still picture has the mistake and the fix, and the button says how long it takes."""
    assert shown(moving) == len(TIMES)
    assert moving.locator(".st-check button.md-button").inner_text() == f"Play ({round(TIMES[-1] / 1000 + 2)} seconds)"


def test_the_keyboard_plays_the_recording(moving):
    """Each part comes at its time and nothing moves. The end brings the still picture back."""
    button = moving.locator(".st-check button.md-button")
    height = moving.locator(".rc").bounding_box()["height"]
    button.focus()
    moving.keyboard.press("Enter")

    moving.clock.run_for(10)
    assert shown(moving) == 1
    assert (button.inner_text(), moving.locator(".rc").bounding_box()["height"]) == ("Show all", height)
    for number, (before, at) in enumerate(zip(TIMES, TIMES[1:], strict=False), start=2):
        moving.clock.run_for(at - before)
        assert shown(moving) == number
    moving.clock.run_for(2000)
    assert button.inner_text().startswith("Play")


def test_a_recording_that_plays_can_be_ended(moving):
    """The button then shows all of it at once, and can play it again."""
    button = moving.locator(".st-check button.md-button")
    for _ in range(2):
        button.click()
        moving.clock.run_for(10)
        assert shown(moving) == 1
        button.click()
        assert shown(moving) == len(TIMES)
        assert button.inner_text().startswith("Play")


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["reduced motion", "no script"])
def test_without_motion_or_script_the_recording_is_text(visit, options):
    """All of it is there, and no button."""
    page = visit("", **options)

    assert shown(page) == len(TIMES)
    assert "Done. Next comes 05-authentication-backend" in page.locator(".rc pre").inner_text()
    assert page.locator(".st-check button.md-button").count() == 0
