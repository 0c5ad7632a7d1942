"""Tests the page of grades in a real browser: sorting, filtering, accessibility, and no scripts."""

from pathlib import Path

import pytest

from companion.chain.stages import ROOT, find
from companion.grading import reports
from companion.grading.submissions import Kind, Submission, students
from companion.grading.testing import Suite
from companion.grading.verdicts import Grade, Outcome, Verdict
from companion.sandbox.bubblewrap import Limits

AXE = (ROOT / "tests/browser/node_modules/axe-core/axe.min.js").read_text
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TESTS = {"t.py::a": "The first thing.", "t.py::b": "The second thing."}
CLASS = {
    "ada_1_10_p.zip": Grade(Verdict.PASSED, "", dict.fromkeys(TESTS, Outcome("passed")), 2, True, "08-urls", 1.2),
    "bob_LATE_2_11_p.zip": Grade(
        Verdict.FAILED, "", {"t.py::a": Outcome("passed"), "t.py::b": Outcome("failed", "<b>no</b>")}, 2, True
    ),
    "cyd_3_12_p.zip": Grade(Verdict.TIMEOUT, "It took too long.", {}, 2, True, "07-views", 60.1, "printed"),
}


@pytest.fixture
def grades(browser, tmp_path):
    """Opens the page of grades of a small class, from its file."""
    suite = Suite(find("08-urls"), TESTS, Limits())
    results = {
        Submission(Path("/class", name), Kind.ZIP, students([name])[name]): result for name, result in CLASS.items()
    }
    file = tmp_path / "index.html"
    file.write_text(reports.page(results, suite, 10, "JWT login"))
    contexts = []

    def grades(width=1440, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.complaints, page.requests = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(file.as_uri())
        return page

    yield grades
    for context in contexts:
        context.close()


def names(page) -> list[str]:
    return [text.split()[0] for text in page.locator("table").first.locator("tbody th:visible").all_inner_texts()]


def test_a_press_on_a_head_sorts_and_a_second_one_turns_round(grades):
    page = grades()
    points = page.get_by_role("columnheader", name="Points")
    points.get_by_role("button").press("Enter")
    assert (names(page), points.get_attribute("aria-sort")) == (["cyd", "bob", "ada"], "ascending")

    points.get_by_role("button").click()
    assert (names(page), points.get_attribute("aria-sort")) == (["ada", "bob", "cyd"], "descending")

    page.get_by_role("columnheader", name="Student").get_by_role("button").click()
    assert names(page) == ["ada", "bob", "cyd"]
    assert points.get_attribute("aria-sort") is None


def test_the_field_shows_only_lines_that_hold_what_is_typed(grades):
    page = grades()
    page.get_by_label("Show only lines with").fill("TIME-out")
    assert names(page) == ["cyd"]

    page.get_by_label("Show only lines with").fill("")
    assert names(page) == ["ada", "bob", "cyd"]


def test_without_a_script_everything_is_there(grades):
    page = grades(java_script_enabled=False)

    assert names(page) == ["ada", "bob", "cyd"]
    assert page.get_by_label("Show only lines with").is_hidden()
    page.get_by_text("It took too long.", exact=True).click()
    assert page.get_by_text("printed", exact=True).is_visible()


def test_it_loads_nothing_and_nothing_is_refused(grades):
    page = grades()

    assert page.complaints == []
    assert len(page.requests) == 1
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.acted = true\"><script>window.acted = true</script>')"
    )
    assert page.evaluate("window.acted") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_violation(grades, scheme, width):
    page = grades(width, color_scheme=scheme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    page.evaluate(AXE())
    result = page.evaluate("rules => axe.run({runOnly: rules})", RULES)

    assert len(result["passes"]) > 15
    assert {v["id"]: [node["html"][:200] for node in v["nodes"]][:3] for v in result["violations"]} == {}


def test_a_phone_shows_it_without_moving_the_page_sideways(grades):
    page = grades(320)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
