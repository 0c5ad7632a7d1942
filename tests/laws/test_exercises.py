"""Checks the exercises: their tests fail on the stage, pass with our solution, and don't affect later stages."""

import re
import shutil

import pytest

from companion.chain.chapters import chapter
from companion.chain.stages import files, find, stages
from companion.learner.exercise import FOLDER, TESTS, check_exercise
from companion.project.locate import locate
from companion.project.reading import read
from companion.project.results import PASSED
from companion.running.run_suite import check
from tests.project.projects import typed

NAMES = sorted(path.name for path in FOLDER.iterdir())
SECTION = re.compile(r"^## Exercise\n(.*?)^## Recap$", re.MULTILINE | re.DOTALL)


def solutions(name):
    """Returns our solutions: the files next to the tests."""
    return [path for path in (FOLDER / name).glob("*.py") if path.name != TESTS]


def test_most_stages_have_an_exercise():
    """From 03 on, at least every second stage has one. Its folder has the name of the stage."""
    assert {find(name).name for name in NAMES} == set(NAMES)
    assert len(NAMES) * 2 >= len(stages()) - 2


@pytest.mark.parametrize("name", NAMES)
def test_red_then_green(name, tmp_path):
    """No test of an exercise passes on its stage. With our solution, all of them pass."""
    folder = typed(name, tmp_path / "mine")
    red = check_exercise(folder)
    (folder / "exercises").mkdir()
    shutil.copy2(*solutions(name), folder / "exercises")
    green = check_exercise(folder)

    assert (red.stage.name, red.report.count) == (name, 0)
    assert {result.outcome for result in green.report.results} == {PASSED}, green.report


def test_no_stage_has_the_folder():
    """No stage has the folder of the solutions, because it is the learner's."""
    assert [stage.name for stage in stages() if any(file.startswith("exercises/") for file in files(stage))] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_can_stay(name, tmp_path):
    """`check` and `diff` don't read the solution, so it changes nothing in a later stage."""
    folder = typed(name, tmp_path)
    before = read(locate(folder))
    (folder / "exercises").mkdir()
    shutil.copy2(*solutions(name), folder / "exercises")
    assert read(locate(folder)) == before


@pytest.mark.parametrize("name", [NAMES[0], NAMES[-1]])
def test_a_stage_with_the_solution_passes(name, tmp_path):
    """No file of the stage imports the solution, so two stages stand for all."""
    folder = typed(name, tmp_path)
    (folder / "exercises").mkdir()
    shutil.copy2(*solutions(name), folder / "exercises")
    assert check(find(name), folder).passed


def test_the_chapter_has_the_exercise(stage):
    """The chapter of a stage with an exercise shows its command, its tests, a hint and the solution, before the recap."""
    sections = SECTION.findall(chapter(stage).body)
    if stage.name not in NAMES:
        assert sections == []
        return
    (section,) = sections
    (solution,) = (path.name for path in solutions(stage.name))
    command = "../tutorial/.venv/bin/python ../tutorial/companion check . --exercise"
    assert f"\nWrite it in a new file, `exercises/{solution}`. No chapter uses this folder" in section
    assert f"$ {command}\nStage {stage}: " in section
    assert re.findall(r'^\?\?\? \w+ "(.+)"$', section, re.MULTILINE) == [
        "The tests of the exercise",
        "Hint",
        "Our solution",
    ]
    included = re.findall(r'^    --8<-- "(.+)"$', section, re.MULTILINE)
    assert included == [f"{stage}/{TESTS}", f"{stage}/{solution}"]
