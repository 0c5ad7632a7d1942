"""Runs axe-core on every page, in both colour schemes, in a wide window and on a phone."""

import pytest

from companion.chain.stages import ROOT

AXE = ROOT / "tests/browser/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Thousands of lines of code look the same, so only the first steps are checked. test_site.py checks the colours of code.
LEFT_OUT = [[".rd-step ~ .rd-step ~ .rd-step ~ .rd-step .rd-code"], [".rd-fold .rd-code"], [".rd-file .rd-code"]]
OPEN = "document.querySelectorAll('details').forEach((details) => (details.open = true))"
FETCHED = "!document.querySelector('details[open] .rd-apart')"  # a fold loads its content when it opens
SWITCH = "document.querySelector('label[title^=Switch]:not([hidden])').click()"
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "image-alt"]}  # a picture can be dark
SEEN = "[...document.querySelectorAll('body *')].map((e) => Boolean(e.closest('label, img')) || e.checkVisibility())"
RUN = """([only, exclude]) => axe.run({include: [['html']], exclude}, {runOnly: only, resultTypes: ['violations']})"""


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_violation(visit, addresses, width):
    """It checks WCAG 2.2 AA and best practice, also in folded parts: contrast, names, roles, order of headings.

    A page shows the same elements in both schemes, except a label and pictures. So in the second one, only the rules
    about colours and pictures can find more.
    """
    page = visit("", width=width)
    start = page.url
    found = {}
    for address in addresses:
        page.goto(start + address)
        page.evaluate(OPEN)
        page.wait_for_function(FETCHED)
        page.add_script_tag(path=AXE)
        seen = page.evaluate(SEEN)
        for scheme, rules, least in (("default", RULES, 16), ("slate", COLOURS, 1)):
            assert page.evaluate("document.body.dataset.mdColorScheme") == scheme, address
            assert page.evaluate(SEEN) == seen, address
            result = page.evaluate(RUN, [rules, LEFT_OUT])
            assert len(result["passes"]) >= least, address
            for violation in result["violations"]:
                nodes = [node["html"][:200] for node in violation["nodes"]]
                found[f"{address} {scheme} {violation['id']}"] = nodes[:3]
            page.evaluate(SWITCH)
    assert found == {}
