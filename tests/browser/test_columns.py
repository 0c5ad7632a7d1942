"""Tests the balance of the two columns: shortened panes, panes below the prose, and commands with the text around them."""

import pytest

CAPPED = ".rd-capped"
CHAPTER = "chapters/12-hardening/"
SOME = ["chapters/04-tokens/", CHAPTER, "chapters/19-registration-by-mail/"]
# The height of all steps and rows, and how much of it text or panes take in the left column.
FILLED = """() => {
    let height = 0, filled = 0;
    for (const row of document.querySelectorAll('.rd-step, .rd-row')) {
        const own = [...row.querySelectorAll(':scope > :is(.rd-prose, .rd-low) > *')];
        if (row.matches('.rd-row')) own.push(...row.querySelectorAll(':scope > :not(.rd-blocks)'));
        const left = own.reduce((sum, e) => sum + e.getBoundingClientRect().height + 12, 0);
        height += row.getBoundingClientRect().height;
        filled += Math.min(left, row.getBoundingClientRect().height);
    }
    return [Math.round(height), Math.round(filled)];
}"""
# Of each shortened pane: its lines, those left out, and those that are named in the prose or begin the change.
SHORTENED = """() => [...document.querySelectorAll('.rd-capped')].map((scroll) => {
    const lines = [...scroll.querySelectorAll('.rd-line')];
    const links = [...scroll.closest('.rd-step').querySelectorAll('.rd-ref')].map((link) => link.hash.slice(1));
    const needed = lines.filter((line) => links.includes(line.id));
    needed.push(lines[0], lines.find((line) => line.closest('ins, del')));
    const seen = (line) => line.offsetHeight > 0;
    const marked = lines.filter((line, n) => n && seen(line) && !seen(lines[n - 1]));
    return {id: scroll.parentElement.id, all: lines.length, left: lines.filter((line) => !seen(line)).length,
            needed: needed.every(seen), marked: marked.every((line) => getComputedStyle(line).borderTopStyle === 'dotted'),
            button: scroll.nextElementSibling.textContent};
})"""
# The sum of all layout shifts, after the page has been scrolled to its end, screen by screen.
MOVED = """async () => {
    let moved = 0;
    const add = (list) => list.getEntries().forEach(({value}) => (moved += value));
    new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true});
    const frame = () => new Promise(requestAnimationFrame);
    document.body.classList.add('rd-laid');
    for (let y = 0; y < document.body.scrollHeight; y += innerHeight) { scrollTo(0, y); await frame(); await frame(); }
    return moved;
}"""


def test_the_left_column_is_seldom_empty(opened):
    """At 1440 px, text and panes take at least 70 % of the height of the steps and commands of each chapter."""
    opened.evaluate("document.body.classList.add('rd-laid')")
    height, filled = opened.evaluate(FILLED)

    assert height > 2000
    assert filled >= 0.7 * height


@pytest.mark.parametrize("width", [1440, 390])
def test_a_shortened_pane_shows_what_the_prose_names(visit, chapter, width):
    """It also shows its first line and the beginning of the change. A dotted line is where lines are left out."""
    page = visit(chapter, width=width)

    for pane in page.evaluate(SHORTENED):
        assert pane["left"] >= 3, pane
        assert pane["needed"], pane
        assert pane["marked"], pane
        assert pane["button"] == f"Show all {pane['all']} lines"


def test_a_shortened_pane_shows_the_change_before_what_is_around_it(visit):
    """In a long function, the lines that change are shown, however far down they are."""
    page = visit(CHAPTER)
    pane = page.locator("#authentication-tokens-py-read-token")
    shown = pane.locator(":is(ins, del) > .rd-line:not(.rd-left)")

    assert pane.locator(".rd-line.rd-left").count() > 10
    assert shown.count() > 5
    assert "if token[-1:]" in " ".join(shown.all_text_contents())


def test_the_button_shows_all_lines_in_place(visit):
    """The pane has the focus then, and nothing above it has moved. Copying always takes all lines."""
    page = visit(CHAPTER)
    pane = page.locator("#config-middleware-py-imports")
    pane.scroll_into_view_if_needed()
    pane.locator(".rd-copy").click()
    added = pane.locator("ins > .rd-line").count()
    page.wait_for_function(
        "n => document.querySelector('[role=status]').textContent === `${n} lines copied`", arg=added
    )
    top = pane.bounding_box()["y"]
    pane.locator(".rd-more").click()

    assert pane.locator(".rd-left, .rd-skip, .rd-more").count() == 0
    assert pane.bounding_box()["y"] == top
    assert pane.locator(".rd-scroll").evaluate("e => e === document.activeElement")


def test_small_panes_go_below_the_prose(visit):
    """The long pane stays next to the prose, and the imports fill the room below it."""
    page = visit(CHAPTER)
    step = page.locator(".rd-step", has=page.locator("#authentication-admin-py-rest"))
    prose, side, low = (step.locator(f":scope > .rd-{name}").first.bounding_box() for name in ("prose", "side", "low"))

    assert low["x"] == prose["x"] < side["x"]
    assert low["y"] >= prose["y"] + prose["height"]
    assert side["y"] < prose["y"] + 20


def test_no_line_is_cut_off_below_the_prose(opened):
    """In the narrow column, code wraps."""
    opened.evaluate("document.body.classList.add('rd-laid')")

    assert (
        opened.locator(".rd-low > .rd-pane > .rd-scroll").evaluate_all(
            "all => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.ariaLabel)"
        )
        == []
    )


@pytest.mark.parametrize("address", SOME)
def test_text_next_to_commands_keeps_its_order(visit, address):
    """The layout only groups the paragraphs around commands: they come in the same order as without scripts."""
    with_script, without = (visit(address, java_script_enabled=on) for on in (True, False))
    order = [
        page.locator(".md-content__inner > :is(p, ul, ol, details, .admonition, .rd-row, h2)").evaluate_all(
            "all => all.flatMap((e) => e.matches('.rd-row') ? [...e.children] : [e]).map((e) => e.textContent.trim())"
        )
        for page in (with_script, without)
    ]

    assert [text.replace("Copy", "") for text in order[0]] == [text.replace("Copy", "") for text in order[1]]


@pytest.mark.parametrize("address", SOME)
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_while_the_columns_are_laid(visit, address, width):
    """The sum of all layout shifts, while one reads down to the end, is at most 0.01."""
    page = visit(address, width=width)

    assert page.evaluate(MOVED) <= 0.01


def test_nothing_moves_on_a_slow_computer(visit):
    """With a twentieth of the speed, the longest chapters are shown before their columns are laid."""
    page = visit("about/")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 20})
    page.goto(page.url.replace("about/", "chapters/15-refresh-tokens/"))

    assert page.evaluate(MOVED) <= 0.02


def test_without_a_script_and_on_paper_all_lines_are_shown(visit):
    """Nothing is shortened where no button could show the rest, and all panes are next to their prose."""
    page = visit(CHAPTER, java_script_enabled=False)
    assert page.locator(f"{CAPPED}, .rd-low").count() == 0
    page = visit(CHAPTER)
    assert page.locator(CAPPED).count() > 3
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(CAPPED).count() == 0
