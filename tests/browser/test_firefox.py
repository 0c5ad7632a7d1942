"""Tests in Firefox, which lacks `interestfor`, that pointing at a dotted word shows its explanation."""

OPEN = "return [...document.querySelectorAll('.gl-tip:popover-open')].map((tip) => tip.id)"
CENTRE = """const word = document.querySelector('.md-content button.gl');
    word.scrollIntoView({block: 'center'});
    const {x, y, width, height} = word.getBoundingClientRect();
    return [Math.round(x + width / 2), Math.round(y + height / 2), word.getAttribute('popovertarget')]"""
ESCAPE = "\ue00c"


def test_pointing_at_a_word_shows_what_it_means(firefox, site):
    """Escape hides the explanation, and so does moving the pointer away. The page below does not move."""
    firefox("WebDriver:Navigate", url=f"{site}chapters/05-authentication-backend/")
    x, y, meaning = firefox.run(CENTRE)
    place = "return document.querySelector('.rd-step').getBoundingClientRect().top"
    top = firefox.run(place)
    assert firefox.run(OPEN) == []

    firefox.point(x, y)
    firefox.wait(OPEN, [meaning])
    assert firefox.run(place) == top
    firefox.press(ESCAPE)
    firefox.wait(OPEN, [])

    firefox.point(0, 0)
    firefox.point(x, y)
    firefox.wait(OPEN, [meaning])
    firefox.point(0, 0)
    firefox.wait(OPEN, [])


def test_coming_to_a_word_by_key_shows_what_it_means(firefox, site):
    """Escape hides the explanation and does not move the focus."""
    firefox("WebDriver:Navigate", url=f"{site}chapters/05-authentication-backend/")
    *_, meaning = firefox.run(CENTRE)
    focused = "return document.activeElement.getAttribute('popovertarget')"
    for _ in range(60):
        if firefox.run(focused) == meaning:
            break
        firefox.press("\ue004")  # Tab

    firefox.wait(OPEN, [meaning])
    firefox.press(ESCAPE)
    firefox.wait(OPEN, [])
    assert firefox.run(focused) == meaning
