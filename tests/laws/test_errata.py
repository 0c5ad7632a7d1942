"""Checks that docs/errata.md agrees with the stages and the chapters."""

import ast
import re

import pytest

from companion.chain.chapters import chapter, parse
from companion.chain.faults import AREAS, STATES, problems
from companion.chain.stages import ROOT, files, find, stages
from companion.chain.steps import step_showing, steps
from tests.site.errata import read_all

PAGE = (ROOT / "docs" / "errata.md").read_text()
FAULTS = read_all(PAGE)
NOTE = re.compile(r'^ *(?:!!!|\?\?\?) fixed "2018 · faults? ([\d, ]+)"$', re.MULTILINE)
ANY_NOTE = re.compile(r"^ *(?:!!!|\?\?\?) fixed\b", re.MULTILINE)
STAGES = stages()


def test_every_fault_has_one_entry():
    """Each number from 1 to 71 occurs once, in order, and no block is misspelt."""
    assert [fault.number for fault in FAULTS] == list(range(1, 72))
    assert len(re.findall(r"^/// fault\b", PAGE, re.MULTILINE)) == 71


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.number))
def test_what_an_entry_names_is_there(fault):
    """The stage, file, symbol and test of an entry exist, and the stage changes that code."""
    assert problems(fault) == []
    assert [at for at in fault.places if not step_showing(steps(find(at.stage)), at.path, at.symbol)] == []


def test_each_fault_is_noted_once_in_the_chapters():
    """Every note has the same form, because a typo would hide its numbers."""
    noted = []
    for stage in STAGES:
        text = chapter(stage).path.read_text()
        notes = NOTE.findall(text)
        assert len(notes) == len(ANY_NOTE.findall(text)), stage.name
        noted += [int(number) for numbers in notes for number in numbers.split(",")]

    assert sorted(noted) == [fault.number for fault in FAULTS]


def test_an_entry_is_in_the_section_of_its_area():
    """The page's sections are the areas, so readers find a fault by its section and by the buttons."""
    sections = re.split(r"^## .*?\{ #(\w+) \}$", PAGE, flags=re.MULTILINE)
    by_section = {name: read_all(text) for name, text in zip(sections[1::2], sections[2::2], strict=True)}

    assert list(by_section) == list(AREAS)
    assert {name: {fault.area for fault in told} for name, told in by_section.items()} == {n: {n} for n in AREAS}


def test_each_entry_has_article_result_and_state():
    """Each entry has the article's code, the result (run or read), and its state, which agrees with its options."""
    lines = PAGE.splitlines()
    marks, _ = parse(lines)
    for mark, end in zip(marks, marks[1:], strict=False):
        if mark.name == "fault":
            leads = re.findall(r"^\*\*(\w+):\*\*", "\n".join(lines[mark.line : end.line]), re.MULTILINE)
            state = next(word for key, word in STATES.items() if key in mark.options)
            assert leads in (["Article", "Run", state], ["Article", "Read", state]), mark.argument


def test_no_image_deletes_what_it_installed():
    """No Dockerfile searches for files to delete, compiles, or installs image libraries."""
    for stage in STAGES:
        text = (stage.path / "Dockerfile").read_text()
        assert not re.search(r"find |rm -rf|apk |jpeg|zlib|build-", text), stage.name


def _caught(stage):
    for name, path in files(stage).items():
        if name.endswith(".py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ExceptHandler):
                    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                    yield from ((name, ast.unparse(kind) if kind else "") for kind in kinds)


def test_no_stage_catches_everything(stage):
    """No stage has a bare `except:` or catches Exception or BaseException."""
    assert [name for name, kind in _caught(stage) if kind in ("", "Exception", "BaseException")] == []


def test_no_stage_repeats_a_wrong_comment(stage):
    """No stage has the article's wrong comments or its typos."""
    wrong = ["â€", "Checks is user", "My'authentication", 'in this case, "Token"', "can't handle the `byte` type",
             "user.generate_jwt_token()", "required by Django for things"]  # fmt: skip
    text = "".join(path.read_text(errors="replace") for path in files(stage).values())

    assert [phrase for phrase in wrong if phrase in text] == []
