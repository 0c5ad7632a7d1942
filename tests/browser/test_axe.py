"""Runs axe-core on every page, in both colour schemes, in a wide window and on a phone."""

import pytest

from companion.chain.stages import ROOT

AXE = ROOT / "tests/browser/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Thousands of lines of code look the same, so only the first steps are checked. test_site.py checks the colours of code.
LEFT_OUT = [[".rd-step ~ .rd-step ~ .rd-step ~ .rd-step .rd-code"], [".rd-fold .rd-code"], [".rd-file .rd-code"]]
OPEN = "document.querySelectorAll('details').forEach((details) => (details.open = true))"
SWITCH = "document.querySelector('label[title^=Switch]:not([hidden])').click()"
RUN = """([only, exclude]) => axe.run({include: [['html']], exclude}, {runOnly: only, resultTypes: ['violations']})"""


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_violation(visit, addresses, width):
    """It checks WCAG 2.2 AA and best practice, also in folded parts: contrast, names, roles, order of headings."""
    page = visit("", width=width)
    start = page.url
    found = {}
    for address in addresses:
        page.goto(start + address)
        page.evaluate(OPEN)
        page.add_script_tag(path=AXE)
        for scheme in ("default", "slate"):
            assert page.evaluate("document.body.dataset.mdColorScheme") == scheme, address
            result = page.evaluate(RUN, [RULES, LEFT_OUT])
            assert len(result["passes"]) > 15, address
            for violation in result["violations"]:
                nodes = [node["html"][:200] for node in violation["nodes"]]
                found[f"{address} {scheme} {violation['id']}"] = nodes[:3]
            page.evaluate(SWITCH)
    assert found == {}
