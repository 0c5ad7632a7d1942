"""The steps of a chapter: their panes, their anchors, and the step that shows a symbol."""

import pytest

from companion.chain import aims as module
from companion.chain.aims import Aim, aim_of_line, link, step_number
from companion.chain.chapters import Mark
from companion.chain.stages import find, stages
from companion.chain.steps import lay_out, steps

OLD = {"app.py": "A = 1\n"}
NEW = {"app.py": "A = 1\nB = 2\n\n\ndef f():\n    return A\n", "tests/test_app.py": "def test_a():\n    pass\n"}
HEADS = ["app.py#B", "app.py#f, tests/test_app.py", "tests/test_app.py#rest"]


@pytest.fixture
def root(chain):
    """Two stages, and a chapter of the second."""
    root = chain({"01-old": OLD, "02-new": NEW})
    (root / "docs/chapters").mkdir(parents=True)
    blocks = "///\n".join(f"/// beside | {selectors}\n" for selectors in HEADS[:2])
    (root / "docs/chapters/02-new.md").write_text(blocks + "///\n")
    return root


def blocks(*heads):
    """Returns blocks with these selectors."""
    return [Mark(n, "beside", head) for n, head in enumerate(heads)]


def test_each_pane_has_an_id_of_its_own(difference):
    """A step is named after its first pane; lines that are selected twice are a problem, without a second pane."""
    found, problems = lay_out(difference(OLD, NEW), blocks(*HEADS))

    assert [(step.number, step.ident, [e.ident for e in step.excerpts]) for step in found] == [
        (0, "step-app-py-b", ["app-py-b"]),
        (1, "step-app-py-f", ["app-py-f", "tests-test-app-py"]),
        (2, "", []),
    ]
    assert [excerpt.is_suite for excerpt in found[1].excerpts] == [False, True]
    ((problem, step),) = problems
    assert problem.startswith("tests/test_app.py#rest: tests/test_app.py means the same lines; a line is told once")
    assert step == 2


def test_the_same_selector_twice_has_two_anchors(difference):
    """The step that owns the lines keeps its own id, which links use."""
    heads = blocks("empty.txt", "app.py#f", "app.py", "app.py", "empty.txt")
    found, _ = lay_out(difference({}, NEW | {"empty.txt": ""}), heads)

    assert " ".join(step.ident or "-" for step in found) == (
        "step-empty-txt step-app-py-f step-app-py - step-empty-txt-again"
    )


def test_a_symbol_leads_to_the_step_that_shows_it(root, monkeypatch):
    """Links to the chapter if no step shows the file, or to the file's first step if none shows the symbol."""
    stage = find("02-new", root)
    monkeypatch.setattr(module, "_steps", lambda stage: steps(stage, root))

    assert link(Aim(stage, "app.py", "f"), "https://site/") == "https://site/chapters/02-new/#step-app-py-f"
    assert link(Aim(stage, "other.py"), "https://site/") == "https://site/chapters/02-new/"
    assert [step_number(Aim(stage, "app.py", symbol)) for symbol in ("f", "B", "A", "")] == [1, 0, 0, 0]
    assert step_number(Aim(stage, "other.py")) is None


def test_a_line_leads_to_the_last_stage_that_brings_it():
    """Not a later stage that changes the same setting. A line that a file has twice is ambiguous."""
    until = [stage for stage in stages() if stage.number <= 12]
    rate = "'guess': env('GUESS_RATE', default='10/hour'),"

    found = Aim(find("11-throttles"), "config/settings.py", f'"{rate}"')
    assert aim_of_line("config/settings.py", rate, until) == found
    assert aim_of_line("config/settings.py", "]", until) is None
    assert aim_of_line("config/settings.py", "", until) is None
