"""Tests the site with a keyboard alone, zoomed in, on a small phone, in forced colours and without storage."""

import pytest

CHAPTER = "chapters/04-tokens/"
STEP = f"{CHAPTER}#step-authentication-tokens-py-read-token"
DENIED = """for (const name of ['localStorage', 'sessionStorage']) {
    Object.defineProperty(window, name, {configurable: true, get() { throw new DOMException('denied', 'SecurityError'); }});
}"""
FOCUSED = """() => {
    const {top, bottom} = document.activeElement.getBoundingClientRect();
    const header = document.querySelector('.md-header');
    return {top, bottom, below: header.getBoundingClientRect().bottom, inside: header.contains(document.activeElement),
            drawer: Boolean(document.activeElement.closest('.md-sidebar--primary')),
            name: document.activeElement.className + ' ' + document.activeElement.textContent.trim().slice(0, 30)};
}"""
# Marks and names the first visible control of each kind (buttons and folds), by its CSS classes.
KINDS = """() => {
    const kinds = new Map();
    for (const e of document.querySelectorAll('button, summary, [role=button]')) {
        const kind = e.localName + '.' + e.className;
        if (!kinds.has(kind) && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true})) kinds.set(kind, e);
    }
    [...kinds.values()].forEach((e, n) => (e.dataset.control = n));
    return [...kinds.keys()];
}"""
SETTLED = (
    """() => document.fonts.status === 'loaded' && document.getAnimations().every((a) => a.playState !== 'running')"""
)
SEEN = """() => {
    const here = document.activeElement;
    const labels = [...here.closest('fieldset, form, .tabbed-set, body').querySelectorAll('label')]; // drawn in place of buttons
    const drawn = here.type === 'radio' ? labels.find((label) => label.checkVisibility()) : here;
    const {width, height} = drawn.getBoundingClientRect();
    return drawn.checkVisibility({visibilityProperty: true}) && width > 1 && height > 1 ? null : here.outerHTML.slice(0, 200);
}"""
CUT = """(selector) => [...document.querySelectorAll(selector)]
    .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent.trim())"""


# By keyboard


@pytest.mark.parametrize("width", [1440, 390])
def test_the_header_covers_nothing_that_has_the_focus(visit, width):
    """With Shift and Tab, the focused element is always below the header, which stays (WCAG 2.4.11)."""
    page = visit(STEP, width=width)
    page.locator("#step-authentication-tokens-py-read-token .rd-foot input").focus()
    covered = []
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        here = page.evaluate(FOCUSED)
        if not here["inside"] and here["top"] < here["below"] - 1:
            covered.append(here["name"])

    assert covered == []


def test_what_has_the_focus_is_marked(visit):
    """The box of a step and the tabs of a command have an outline (WCAG 2.4.7)."""
    page = visit("chapters/08-urls/")
    outline = "e => getComputedStyle(e).outlineStyle"
    page.keyboard.press("Tab")
    for focused, marked in (
        (".rd-foot input", ".rd-foot input"),
        (".tabbed-set > input:checked", ".tabbed-set > .tabbed-labels"),
    ):
        assert page.locator(marked).first.evaluate(outline) == "none"
        page.locator(focused).first.focus()
        assert page.locator(marked).first.evaluate(outline) == "solid"


@pytest.mark.parametrize("width", [1220, 1440])
@pytest.mark.parametrize("address", ["", CHAPTER, "troubleshooting/"])
def test_a_wide_page_has_no_menu_button(visit, address, width):
    """The menu is a column or a row of tabs there, so a button would do nothing."""
    page = visit(address, width=width)

    assert page.locator(".rd-menu").count() == 1
    assert not page.locator(".rd-menu").is_visible()
    assert page.get_by_role("button", name="Menu").count() == 0


@pytest.mark.parametrize("width", [1440, 900, 390])
@pytest.mark.parametrize("address", ["", CHAPTER, "checking/", "instructors/"])
def test_every_control_does_something(visit, address, width):
    """The test presses one control of each kind. It must change the page, the clipboard or the address."""
    page = visit(address, width=width)
    for n, name in enumerate(page.evaluate(KINDS)):
        page = visit(address, width=width)
        control = page.locator(f"[data-control='{page.evaluate(KINDS) and n}']")
        control.scroll_into_view_if_needed()
        control.focus()
        page.wait_for_function(SETTLED)
        before = (page.screenshot(), page.url)
        control.press("Enter")
        page.wait_for_function(SETTLED)
        # Look more than once, because copying is asynchronous.
        assert any((page.screenshot(), page.url) != before for _ in range(20)), name


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("address", ["", CHAPTER])
def test_every_stop_of_the_tab_key_is_seen(visit, address, width):
    """Tab skips everything that is empty or hidden, such as the results of a closed search."""
    page = visit(address, width=width)
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN) is None


@pytest.mark.parametrize("width", [390, 1150])
def test_the_menu_opens_and_shuts_by_key(visit, width):
    """Enter opens the menu and moves the focus into it. Escape closes it and moves the focus back. A click opens it too."""
    page = visit(CHAPTER, width=width)
    menu, drawer = page.get_by_role("button", name="Menu"), page.locator(".md-sidebar--primary")
    assert not drawer.is_visible()

    menu.press("Enter")
    drawer.wait_for()
    assert menu.get_attribute("aria-expanded") == "true"
    assert page.evaluate(FOCUSED)["drawer"]
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    assert menu.get_attribute("aria-expanded") == "false"
    assert menu.evaluate("e => e === document.activeElement")

    menu.click()
    drawer.locator("a[href*='08-urls']").click()
    page.wait_for_url("**/chapters/08-urls/")


def test_no_key_enters_a_menu_that_is_shut(visit):
    """On a phone, or zoomed in, Tab goes from the header to the page (WCAG 2.4.7)."""
    page = visit(CHAPTER, width=390)
    entered = []
    for _ in range(12):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here["drawer"]:
            entered.append(here["name"])

    assert entered == []
    assert page.evaluate("document.querySelector('.md-content').contains(document.activeElement)")


# The box of a step


@pytest.mark.parametrize("width", [1440, 1220])
def test_the_box_of_a_step_stays_next_to_its_prose(visit, width):
    """It is in the margin, left of the prose, at every scroll position, and begins at the first line."""
    page = visit(CHAPTER, width=width)
    apart = page.evaluate(
        """async () => {
            const found = [];
            for (const step of document.querySelectorAll('.rd-step')) {
                scrollTo(0, step.offsetTop - 300);
                const [prose, box] = ['.rd-prose', '.rd-foot input'].map((name) => step.querySelector(name));
                const below = box.getBoundingClientRect().top - prose.getBoundingClientRect().top;
                if (below > 20) found.push([step.id, below]);
                for (let y = step.offsetTop - 200; y < step.offsetTop + step.offsetHeight - 100; y += 60) {
                    scrollTo(0, y);
                    const [text, tick] = [prose, box].map((e) => e.getBoundingClientRect());
                    const beside = tick.left >= 0 && tick.right <= text.left && tick.top >= text.top && tick.bottom <= text.bottom + 8;
                    if (!beside) found.push([step.id, y]);
                }
            }
            return found;
        }"""
    )

    assert apart == []


# Narrow windows


def test_a_chapter_lists_its_sections(unscripted):
    """Each link leads to its heading, also without scripts."""
    page = unscripted
    links = page.locator(".rd-contents a")
    headings = page.locator("main h2[id]:not(#files)")

    assert links.count() == headings.count() > 1
    assert [text + "¶" for text in links.all_inner_texts()] == headings.all_text_contents()
    links.last.click()
    assert headings.last.is_visible()
    assert page.url.endswith("#" + headings.last.get_attribute("id"))


@pytest.mark.parametrize("width", [1440, 390])
def test_the_tree_of_files_is_folded(visit, width):
    """One line says how many files change. A click unfolds the tree, also without a script."""
    page = visit("chapters/18-password-reset/", width=width, java_script_enabled=False)
    tree = page.locator(".rd-tree").first
    assert not tree.is_visible()
    if width == 390:
        page.locator(".rd-about > summary").click()
        assert not tree.is_visible()
    page.locator(".rd-head summary").click()
    assert tree.is_visible()


@pytest.mark.parametrize("fonts", ["ours", "of the system"])
@pytest.mark.parametrize("address", ["", CHAPTER, "chapters/10-accounts/"])
def test_nothing_is_cut_off_on_the_smallest_phone(visit, address, fonts):
    """At 320 px (1280 px at 400 %, WCAG 1.4.10), the name of the site and the place of a pane are not cut off.

    On a slow line, our fonts come too late, and the page keeps those of the system.
    """
    page = visit(address, width=320)
    if fonts == "of the system":
        page.route("**/*.woff2", lambda route: route.abort())
        page.reload()
    page.evaluate("document.querySelectorAll('.rd-about').forEach((fold) => (fold.open = true))")

    assert page.evaluate(CUT, ".md-header__topic:first-child .md-ellipsis") == []
    assert page.evaluate(CUT, ".rd-place, .rd-path, .rd-contents a") == []


def test_a_heading_on_a_phone_has_no_empty_line(visit):
    """The sign of the link is on the same line as the heading."""
    page = visit("chapters/01-dockerfile/", width=390)
    page.evaluate("document.fonts.ready.then(() => true)")  # in another font, the title may need two lines

    assert page.locator("h1").bounding_box()["height"] < 40


def test_the_copy_button_narrows_the_first_line_only(visit):
    """A URL that fits on the second line is not broken because of the button."""
    page = visit("chapters/08-urls/", width=390, has_touch=True)
    button = page.locator(".language-console:visible .rd-copy").first
    line = button.locator("xpath=..").evaluate("code => parseFloat(getComputedStyle(code).lineHeight)")
    taken = button.evaluate(
        "e => e.offsetHeight + parseFloat(getComputedStyle(e).marginTop) + parseFloat(getComputedStyle(e).marginBottom)"
    )

    assert taken <= line


def test_what_the_search_finds_wraps(visit):
    """Code in a search result wraps. With a keyboard, nobody could scroll it."""
    page = visit("chapters/08-urls/", width=320)
    page.locator("label[for=__search]").first.click()
    page.get_by_placeholder("Search").press_sequentially("expired")
    page.locator(".md-search-result__article code").first.wait_for(state="attached")

    assert page.evaluate(CUT, ".md-search-result__article code") == []


def test_a_table_is_as_wide_as_its_columns(visit):
    """The frame of the table ends with its columns."""
    page = visit("about/")

    assert (
        page.evaluate(
            "document.querySelector('main table').offsetWidth - document.querySelector('main tbody').offsetWidth"
        )
        < 4
    )


def test_the_menu_gives_each_chapter_its_number(visit):
    """Chapters have numbers in the menu, and sections have none."""
    page = visit("chapters/12-hardening/", width=390)
    content = "all => all.map((e) => getComputedStyle(e, '::before').content)"
    chapters = page.locator(".md-nav__item:has(> a[href*='08-urls']), .md-nav__item:has(> a[href*='final'])")

    assert page.eval_on_selector_all(".md-nav--primary a[href*='08-urls'] .md-ellipsis", content) == [
        'counter(chapter) ". " / ""'
    ]
    assert chapters.evaluate_all("all => all.map((e) => getComputedStyle(e).counterIncrement)") == ["chapter 1"] * 2
    assert set(page.eval_on_selector_all(".md-nav--secondary .md-ellipsis", content)) == {"none"}


# Forced colours, and no storage


def test_forced_colours_show_what_is_chosen(visit):
    """The current stage, and the choice of Diff or Result, can be seen without colours."""
    page = visit(CHAPTER, forced_colors="active")
    ground = "e => getComputedStyle(e).backgroundColor"

    for chosen, other in (
        (".rd-way [aria-current]", ".rd-way a:not([aria-current])"),
        (".rd-bar label:has(:checked)", ".rd-bar label:not(:has(:checked))"),
    ):
        assert page.locator(chosen).first.evaluate(ground) != page.locator(other).first.evaluate(ground)


@pytest.mark.parametrize("address", ["", CHAPTER, "errata/"])
def test_a_browser_that_denies_storage_shows_everything(browser, site, address):
    """Without storage nothing fails, and dark mode still works."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.add_init_script(DENIED)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site + address)
    page.locator("label[for^=__palette]:visible").click()

    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
    if address == CHAPTER:
        page.locator("label", has_text="Result").click()
        page.locator(".rd-foot input").first.check()
        assert page.locator("body.rd-result").count() == 1
    assert errors == []
    context.close()


def test_the_start_page_has_the_name_of_the_site(visit):
    """A search engine and a shared link show the name."""
    page = visit("")

    assert page.title() == "JWT login in stages"
    assert page.locator("meta[property='og:title']").get_attribute("content") == "JWT login in stages"
    page.goto(page.url + "errata/")
    assert page.title() == "The 71 faults - JWT login in stages"
