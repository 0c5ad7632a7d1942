"""Tests what a reader does in a chapter: follow, copy, select, look up, go from step to step, come back."""

import re

import pytest

from tests.project.projects import PINS

CHAPTER = "chapters/04-tokens/"
WATCH = "() => { window.asked = []; window.scrollTo = (options) => asked.push(options.behavior); }"
PANE = "#authentication-tokens-py-read-token"


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


def active(page):
    return page.locator(".rd-step.rd-active").get_attribute("id")


# The head


def test_the_head_says_where_one_is_and_what_changes(page):
    """Chapter, minutes and steps, every changed file with its status and counts, the unchanged ones muted, and the commands."""
    head = page.locator(".rd-chapter")

    facts = re.fullmatch(r"Chapter 4 of \d+ · (\d+) min · (\d+) steps", page.locator(".rd-facts").inner_text())
    page.goto(re.sub("chapters/.*", "", page.url))
    assert page.locator(".wy li", has_text="Tokens").locator(".wy-time").first.inner_text() == f"{facts[1]} min"
    page.go_back()
    assert page.locator(".rd-step").count() == int(facts[2])
    row = head.locator(".rd-changed", has_text="tokens.py").first
    assert row.inner_text().split() == ["new", "file:", "A", "tokens.py", "39", "added", "+39"]
    assert head.locator(".rd-same").first.text_content() == "unchanged: __init__.py, admin.py, managers.py"
    assert head.locator(".rd-command code").all_inner_texts() == [
        "diff -ruN steps/03-user-manager steps/04-tokens",
        "python -m companion check path/to/your/project --stage 04-tokens",
    ]


def test_a_chapter_begins_in_the_first_screen(opened):
    """Its first section or step is in view at once, below the line with chapter, minutes and steps."""
    page = opened
    box = page.locator("main").evaluate("main => main.querySelector('h2, .rd-step').getBoundingClientRect().toJSON()")

    assert box["top"] <= 850
    assert page.locator(".rd-facts").bounding_box()["y"] < page.locator("h1").bounding_box()["y"]


def test_the_head_has_no_gap_below_its_left_half(opened):
    """What is left of the files and sections ends at most three lines before they do."""
    left, right = (opened.locator(f"{half} > :last-child").bounding_box() for half in (".rd-intro", ".rd-chapter"))

    assert right["y"] + right["height"] - left["y"] - left["height"] <= 81


def test_the_tree_of_files_fills_the_room_next_to_a_long_introduction(opened):
    """Where the left half is much longer, the tree is open. It goes at most three lines below the left half."""
    tree = opened.locator(".rd-head details")
    left, right = (opened.locator(f"{half} > :last-child").bounding_box() for half in (".rd-intro", ".rd-chapter"))
    empty = left["y"] + left["height"] - right["y"] - right["height"]
    rows = tree.evaluate("e => [...e.querySelectorAll('li')].length") / 2

    assert tree.get_attribute("open") is not None or empty < 60 + 24 * rows


@pytest.mark.parametrize("width", [390, 900])
def test_a_narrow_window_folds_the_head(visit, width):
    """The fold takes one row, and opens also without a script. The chapter begins below it."""
    page = visit("chapters/15-refresh-tokens/", width=width, java_script_enabled=False)
    fold = page.locator(".rd-about")

    assert fold.bounding_box()["height"] < 60
    assert page.locator("main h2").first.bounding_box()["y"] - fold.bounding_box()["y"] < 150
    assert not page.locator(".rd-way, .rd-contents, .rd-strip, .rd-head").first.is_visible()
    fold.locator("summary").first.click()
    for part in (".rd-way", ".rd-contents", ".rd-strip", ".rd-head"):
        assert page.locator(part).is_visible()


def test_a_phone_shows_title_time_and_the_whole_introduction_first(visit, chapter):
    """On a phone, the first section or step begins in the second screen at the latest."""
    page = visit(chapter, width=390, height=844, has_touch=True, is_mobile=True)
    first = page.locator("main").evaluate("main => main.querySelector('h2, .rd-step').getBoundingClientRect().top")

    assert first < 2 * 844 - 200
    assert page.locator("h1 + p").bounding_box()["y"] < 300


@pytest.mark.parametrize("width", [390, 900])
def test_the_numbers_of_the_chapters_fill_their_rows(visit, width):
    """On a screen that is touched, no row has less than half of the numbers of the first one."""
    page = visit(CHAPTER, width=width, has_touch=True, is_mobile=True)
    page.locator(".rd-about > summary").click()
    tops = page.locator(".rd-way a").evaluate_all("all => all.map((e) => e.getBoundingClientRect().top)")
    rows = [tops.count(top) for top in sorted(set(tops))]

    assert min(rows) * 2 >= rows[0]


def test_the_way_of_a_request_can_be_read_on_a_phone(visit):
    """Its words are as large as code in the prose."""
    strip = visit(CHAPTER, width=390).locator(".rd-strip")

    assert strip.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 13.5


def test_every_file_of_the_head_leads_to_its_pane(visit, chapter):
    """Each link of the tree leads to a pane that shows its file, also if the pane is folded and on another page."""
    page = visit(chapter)
    links = page.eval_on_selector_all(".rd-tree a", "links => links.map((a) => [a.hash.slice(1), a.textContent])")

    assert links
    for ident, name in links:
        page.evaluate("ident => (location.hash = ident)", ident)
        assert page.locator(f"figure[id='{ident}'] .rd-path").inner_text().rpartition("/")[2] == name


# A pane


def test_a_pane_says_what_it_is(visit):
    """It shows the status, the path, where its lines go, and the counts of added and removed lines."""
    page = visit("chapters/05-authentication-backend/")
    caption = page.locator("#authentication-backends-py-jwtauthentication-authenticate-header figcaption")

    assert caption.locator(".rd-status").text_content() == "new file: A"
    assert caption.locator(".rd-path").text_content() == "authentication/backends.py"
    assert caption.locator(".rd-place").text_content() == "at the end"
    assert caption.locator(".rd-counts").text_content() == "9 added+9"
    page.goto(page.url.replace("05-authentication-backend", "03-user-manager"))
    assert "after __str__ in class User" in page.locator(".rd-place").all_text_contents()


def test_copy_takes_the_added_lines_and_nothing_else(page):
    """Signs, numbers, removed and unchanged lines are left out. A status message reports it."""
    page.locator(f"{PANE} .rd-copy").click()

    assert clipboard(page).startswith('def read_token(token):\n    """\n    Return the claims')
    assert clipboard(page).endswith("        options={\"require\": REQUIRED_CLAIMS, \"strict_aud\": True},\n    )\n")
    page.wait_for_function("document.querySelector('[role=status]').textContent === '15 lines copied'")

    page.locator("#requirements-txt .rd-copy").click()
    page.wait_for_function("document.querySelector('[role=status]').textContent === '1 line copied'")
    assert clipboard(page) == f"PyJWT=={PINS['pyjwt']}\n"


def test_copy_takes_a_whole_function_as_it_becomes(visit):
    """With the lines that stay, because it replaces the function; without the removed ones."""
    page = visit("chapters/15-refresh-tokens/")
    pane = page.locator("[data-whole]").first
    lines = pane.locator(".rd-line").evaluate_all(
        "all => all.filter((e) => !e.closest('del')).map((e) => e.textContent.replace(/\\n$/, ''))"
    )
    pane.locator(".rd-copy").click()
    page.wait_for_function(
        "wanted => navigator.clipboard.readText().then((text) => text === wanted)", arg="\n".join(lines) + "\n"
    )


def test_selecting_gives_code_without_markers_numbers_or_removed_lines(visit):
    """Selected code can be pasted into an editor."""
    page = visit("chapters/06-serializers/")
    for pane in page.locator(".rd-side > .rd-pane").all():
        selected = pane.evaluate(
            """(pane) => { const range = document.createRange(); range.selectNodeContents(pane.querySelector('.rd-code'));
                getSelection().removeAllRanges(); getSelection().addRange(range); return getSelection().toString(); }"""
        )
        wanted = pane.evaluate(
            "(pane) => [...pane.querySelectorAll(':is(ins, span.rd-run) > .rd-line')].map((e) => e.textContent).join('')"
        )
        assert [line for line in selected.split("\n") if line.strip()] == [
            line for line in wanted.split("\n") if line.strip()
        ]


def test_the_whole_file_opens_at_the_line_and_gives_the_focus_back(page):
    """A dialog with the file at this stage; Esc closes it and returns to the link."""
    link = page.locator(f"{PANE} .rd-whole")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")

    assert dialog.get_attribute("aria-label") == "authentication/tokens.py"
    assert dialog.locator(".rd-line").count() == 39
    line = dialog.locator(".rd-line").nth(24).bounding_box()
    assert 0 < line["y"] < 900
    page.keyboard.press("Escape")
    assert page.locator("dialog").count() == 0
    assert link.evaluate("(link) => link === document.activeElement")


def test_a_pane_leads_to_the_file_in_the_repository(page):
    """The address names the stage's file and the line."""
    link = page.locator(f"{PANE} a[aria-label$='in the repository']")

    assert link.get_attribute("href").endswith("/steps/04-tokens/authentication/tokens.py#L25")


def test_what_was_added_and_removed_is_said_in_five_ways(page):
    """By the element, hidden words, a sign, a bar, and the colour."""
    run = page.locator(f"{PANE} ins.rd-run").first

    assert run.locator(".rd-hidden").text_content() == "Added, lines 25 to 39: "
    assert run.locator(".rd-line").first.evaluate("(e) => getComputedStyle(e, '::after').content").startswith('"+"')
    assert run.evaluate("(e) => getComputedStyle(e, '::before').width") == "3px"
    assert run.locator(".rd-line").first.evaluate("(e) => getComputedStyle(e).backgroundColor") != "rgba(0, 0, 0, 0)"


def test_words_that_change_inside_a_line_are_marked(visit):
    """If a line is changed, the words that differ are in a `<mark>` on both sides."""
    page = visit("chapters/02-user-model/")
    gone, come = page.locator("del mark"), page.locator("ins mark")

    assert gone.count() + come.count() > 0
    assert all(len(text) < 80 for text in [*gone.all_inner_texts(), *come.all_inner_texts()])


def test_code_in_the_prose_points_at_its_line(page):
    """Hover and focus mark the line; a click goes there, also without a script."""
    reference = page.locator(".rd-ref", has_text='"require"').first
    line = page.locator(reference.get_attribute("href"))

    reference.hover()
    assert "rd-hot" in line.get_attribute("class")
    page.mouse.move(0, 0)
    assert "rd-hot" not in line.get_attribute("class")
    reference.focus()
    assert "rd-hot" in line.get_attribute("class")
    assert '"require"' in line.inner_text()


def test_without_a_script_the_line_is_marked_by_its_address(visit):
    """`:target` marks the line that the URL names."""
    address = visit(CHAPTER).locator(".rd-ref", has_text='"require"').first.get_attribute("href")
    page = visit(CHAPTER + address, java_script_enabled=False)
    plain = page.locator(f"{PANE} .rd-line").first.evaluate("(e) => getComputedStyle(e).backgroundColor")

    assert page.locator(address).evaluate("(e) => getComputedStyle(e).backgroundColor") != plain
    assert 0 < page.locator(address).bounding_box()["y"] < 900


# From step to step


def test_alt_and_the_arrows_go_from_step_to_step(page):
    """Only the current step is marked, even if several short steps are in view. No step is dimmed."""
    steps = page.eval_on_selector_all(".rd-step", "steps => steps.map((step) => step.id)")
    seen = []
    for _ in steps:
        page.keyboard.press("Alt+ArrowDown")
        page.wait_for_function("n => document.querySelector('.rd-active')?.id === n", arg=steps[len(seen)])
        seen.append(active(page))
    page.keyboard.press("Alt+ArrowUp")
    page.wait_for_function("n => document.querySelector('.rd-active')?.id === n", arg=steps[-2])

    assert seen == steps
    assert page.locator(".rd-active").count() == 1
    assert set(page.eval_on_selector_all(".rd-step", "steps => steps.map((e) => getComputedStyle(e).opacity)")) == {"1"}


def test_nothing_moves_with_reduced_motion(visit):
    """Reduced motion is honoured: no transition, and a jump instead of a slide."""
    page = visit(CHAPTER, reduced_motion="reduce")

    assert page.evaluate("getComputedStyle(document.querySelector('.rd-pane')).transitionDuration") in ("0s", "none")
    page.evaluate(WATCH)
    page.keyboard.press("Alt+ArrowDown")
    assert page.evaluate("asked") == ["auto"]
    other = visit(CHAPTER, reduced_motion="no-preference")
    other.evaluate(WATCH)
    other.keyboard.press("Alt+ArrowDown")
    assert other.evaluate("asked") == ["smooth"]


def test_every_step_has_an_address(opened, visit, chapter):
    """Each step has a unique id and a link to itself, and the URL leads there."""
    page = opened
    ids = page.eval_on_selector_all(".rd-step", "steps => steps.map((step) => step.id)")
    links = page.eval_on_selector_all(".rd-links a:first-of-type", "links => links.map((a) => a.hash.slice(1))")

    assert links == ids
    assert len(set(ids)) == len(ids)
    assert page.evaluate("new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size") == (
        page.evaluate("document.querySelectorAll('[id]').length")
    )
    page = visit(f"{chapter}#{ids[-1]}")
    assert -10 < page.locator(f"#{ids[-1]}").bounding_box()["y"] < 900


def test_the_foot_of_a_step_is_quiet(visit, page):
    """Its box is in the margin. The links come with the pointer or the focus. Where no pointer can rest, they stay."""
    step = page.locator(".rd-step").nth(2)
    foot = step.locator(".rd-foot")
    opacity = "parts => parts.map((e) => Number(getComputedStyle(e).opacity))"
    words = foot.locator(".rd-links")
    page.mouse.move(5, 5)

    assert foot.locator("input").bounding_box()["x"] < step.locator(".rd-prose").bounding_box()["x"] - 10
    assert foot.locator("input").bounding_box()["x"] > 0
    assert words.evaluate_all(opacity) == [0]
    step.hover()
    assert words.evaluate_all(opacity) == [1]
    assert words.bounding_box()["y"] + words.bounding_box()["height"] <= step.bounding_box()["y"] + 1
    page.mouse.move(5, 5)
    foot.locator("a").first.focus()
    assert words.evaluate_all(opacity) == [1]
    phone = visit(CHAPTER, width=390, has_touch=True, is_mobile=True)
    assert phone.locator(".rd-foot").first.locator("span").evaluate_all(opacity) == [1, 1]


def test_a_mistake_can_be_reported_at_each_step(page):
    """The link contains the chapter and the step."""
    links = page.eval_on_selector_all(".rd-links a:nth-of-type(2)", "links => links.map((a) => a.href)")

    assert len(links) == page.locator(".rd-step").count()
    assert links[0].endswith("/issues/new?title=04-tokens%2C%20requirements-txt")


def test_diff_or_result_is_remembered(page):
    """The result has no removed lines and no signs, also after coming back."""
    page.goto(page.url.replace("04-tokens", "final"))
    assert page.locator("del.rd-run").first.is_visible()
    page.locator("label", has_text="Result").click()
    assert not page.locator("del.rd-run").first.is_visible()
    page.reload()
    assert page.get_by_label("Result").is_checked()
    assert not page.locator("del.rd-run").first.is_visible()
    page.get_by_label("Diff").check(force=True)
    assert page.locator("del.rd-run").first.is_visible()


# Commands


def test_commands_are_copied_without_prompts_and_output(visit):
    """Tested with one command, a command on two lines, and Python."""
    page = visit("chapters/08-urls/")
    page.locator(".language-console", has_text="--server").locator(".rd-copy").click()
    assert clipboard(page) == "python -m pytest -q tests/test_http.py --server http://127.0.0.1:8000"
    page.locator(".language-console", has_text="curl -i http://127.0.0.1:8000/api/registration").locator(
        ".rd-copy"
    ).click()
    assert clipboard(page).startswith("curl -i http://127.0.0.1:8000/api/registration \\\n    -H 'Content-Type")
    assert clipboard(page).endswith("\"correct horse battery staple\"}'")
    page.goto(page.url.replace("08-urls", "05-authentication-backend"))
    page.locator(".language-pycon", has_text="class Protected").locator(".rd-copy").click()
    assert "class Protected(APIView):\n    def get(self, request):\n        return" in clipboard(page)
    assert "401 Bearer" not in clipboard(page)


@pytest.mark.parametrize(
    ("address", "part", "copied"),
    [
        ("checking/", "companion watch", "~/tutorial/.venv/bin/python ~/tutorial/companion watch ."),
        (
            "instructors/",
            "apt install",
            "sudo apt install bubblewrap git python3-venv\npython3 -m venv .venv && .venv/bin/",
        ),
    ],
)
def test_a_block_without_prompts_is_copied_whole(visit, address, part, copied):
    """It has the same button and the same corners as a block with prompts."""
    page = visit(address)
    block = page.locator(".language-sh", has_text=part)
    block.locator(".rd-copy").click()

    assert clipboard(page).startswith(copied)
    assert not clipboard(page).endswith("\n")
    corners = "e => getComputedStyle(e).borderRadius"
    assert block.locator("code").evaluate(corners) == page.locator(".language-console code").first.evaluate(corners)


@pytest.mark.parametrize(
    "address", ["", "chapters/01-dockerfile/", CHAPTER, "checking/", "instructors/", "chapters/final/"]
)
def test_every_block_of_commands_can_be_copied(visit, address):
    """Each block with something to type has a button. Messages and drawings have none."""
    page = visit(address)
    without = page.evaluate(
        """() => [...document.querySelectorAll('main .highlight:not(.language-text), .rd-command')]
            .filter((block) => !block.querySelector('.rd-copy')).map((block) => block.textContent.slice(0, 80))"""
    )

    assert without == []
    assert page.locator("main .language-text .rd-copy").count() == 0


def test_the_commands_of_the_head_are_copied(page):
    """The prompt is drawn with CSS, so it is not copied."""
    page.locator(".rd-command .rd-copy").first.click()

    assert clipboard(page) == "diff -ruN steps/03-user-manager steps/04-tokens"


def test_windows_has_its_own_commands_and_the_choice_is_kept(visit):
    """Commands that differ have two tabs. Choosing Windows once applies everywhere."""
    page = visit("chapters/08-urls/")
    page.get_by_text("Windows", exact=True).first.click()
    blocks = page.locator(".language-pwsh-session:visible")

    assert blocks.count() == page.locator(".language-pwsh-session").count() > 1
    blocks.filter(has_text="curl.exe -i").first.locator(".rd-copy").click()
    assert clipboard(page).startswith("'{\"email\": \"marie@example.com\"")
    assert "| curl.exe -i http://127.0.0.1:8000/api/registration `\n" in clipboard(page)
    page.goto(page.url.replace("08-urls", "01-dockerfile"))
    page.wait_for_function("document.querySelector('.language-pwsh-session').checkVisibility()")


# Progress


@pytest.fixture
def walked(visit):
    """Returns a page whose reader has done two steps of one chapter and opened another."""
    page = visit("chapters/05-authentication-backend/")
    page.goto(page.url.replace("05-authentication-backend", "04-tokens"))
    boxes = page.locator(".rd-foot input")
    boxes.nth(0).check()
    boxes.nth(1).check()
    return page


def test_progress_is_remembered_and_shown(walked):
    """Ticked steps stay ticked, and the links to chapters show the progress."""
    total = walked.locator(".rd-step").count()
    walked.reload()

    assert [box.is_checked() for box in walked.locator(".rd-foot input").all()[:3]] == [True, True, False]
    way = walked.locator(".rd-way")
    assert way.locator("a").nth(3).text_content() == f"4, 2 of {total} steps done2/{total}"
    assert way.locator("a").nth(4).text_content() == "5, visited•"
    assert way.locator("a").nth(5).text_content() == "6"
    assert walked.locator(".md-nav--primary .rd-badge").count() == 2


def test_only_chapters_that_were_visited_are_shaded(walked):
    """In the row of stages, earlier chapters are not shaded if the reader came here directly."""
    grounds = walked.locator(".rd-way a").evaluate_all("links => links.map((e) => getComputedStyle(e).backgroundColor)")

    assert grounds[0] == grounds[1] == grounds[2] == grounds[5]  # 1 to 3 and 6 were never opened
    assert len({grounds[0], grounds[3], grounds[4]}) == 3  # 4 is here, 5 was visited


def test_a_badge_has_one_line_below_its_tile(walked):
    """Also the widest badge, with two two-digit numbers."""
    for box in walked.locator(".rd-foot input").all()[:12]:
        box.check()
    badge = walked.locator(".rd-way [aria-current] .rd-badge")
    tile = badge.locator("xpath=..").bounding_box()
    box = badge.bounding_box()

    assert re.fullmatch(r"\d\d/\d\d", badge.locator("[aria-hidden]").inner_text())
    assert box["height"] < 1.5 * badge.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert box["y"] >= tile["y"] + tile["height"]


def test_progress_counts_no_zeros(visit):
    """If the reader has only opened a chapter, the page says so."""
    page = visit(CHAPTER)
    page.goto(re.sub("chapters/.*", "", page.url))

    assert page.locator(".rd-progress p").first.inner_text() == (
        "You have visited 1 chapter. This is kept on this device only."
    )


def test_progress_leaves_nothing_elsewhere(walked):
    """It is stored in this browser under one name, and sets no cookie."""
    assert walked.evaluate("document.cookie") == ""
    kept = walked.evaluate("JSON.parse(localStorage.getItem('rd-progress'))")
    assert sorted(kept) == ["04-tokens", "05-authentication-backend"]


def test_the_start_page_leads_on(walked):
    """It links to the chapter in which the reader has come furthest, or to the next one if that is done."""
    walked.goto(re.sub("chapters/.*", "", walked.url))
    link = walked.locator(".rd-progress a")
    assert link.inner_text() == "Authentication"

    link.click()
    walked.wait_for_url("**/05-authentication-backend/")
    walked.wait_for_load_state("load")  # all boxes are there only then
    for box in walked.locator(".rd-foot input").all():
        box.check()
    walked.goto(re.sub("chapters/.*", "", walked.url))
    assert link.inner_text() == "Serializers"


def test_progress_can_be_forgotten(walked):
    """The start page shows the sum, and one button clears it everywhere."""
    walked.goto(re.sub("chapters/.*", "", walked.url))
    place = walked.locator(".rd-progress")

    assert "You have visited 2 chapters and done 2 steps." in place.inner_text()
    assert walked.locator(".wy .rd-badge").count() == 2
    walked.get_by_role("button", name="Forget my progress").click()
    assert place.inner_text() == ""
    assert walked.locator(".rd-badge").count() == 0
    walked.reload()
    assert walked.locator(".rd-badge").count() == 0


def test_broken_progress_causes_no_error(visit):
    """Other data under the same name causes no error, and neither do steps that no longer exist."""
    page = visit(CHAPTER)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for kept in (
        "nonsense",
        "null",
        '{"04-tokens": {"steps": 2, "done": ["gone"]}}',
        "[]",
        '{"05-authentication-backend": 1}',
    ):
        page.evaluate("kept => localStorage.setItem('rd-progress', kept)", kept)
        page.reload()
        page.locator(".rd-foot input").first.check()
        assert page.locator(".rd-way [aria-current]").text_content().startswith("4, 1 of")
    assert errors == []
