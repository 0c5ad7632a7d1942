"""Checks the exercise of a stage: its test file runs alone, in a copy of the stage's tests."""

import shutil
import tempfile
from pathlib import Path

import click

from companion.chain.stages import ROOT, Stage, copy, stages
from companion.learner.missing import find_missing
from companion.learner.output import page
from companion.learner.standing import Standing, find_standing
from companion.learner.trying import Trial
from companion.project.index import Known
from companion.project.locate import NotAProject, locate
from companion.project.reading import EXERCISES, compared, last_begun, read
from companion.running.run_suite import check, expected

FOLDER = ROOT / EXERCISES
TESTS = "test_exercise.py"  # our solution is in the same folder


def check_exercise(named: Path, stage: Stage | None = None) -> Standing:
    """Checks the project in `named` with the exercise of `stage`, or of the stage that the project has reached.

    If the tests cannot run, returns the check of the stage instead. Raises ClickException if the stage has no exercise.
    """
    chain = stages()
    try:
        project = locate(named)
    except NotAProject:
        return find_standing(named, stage)
    stage = stage or last_begun(compared(chain[0], project), chain)
    home = FOLDER / stage.name
    if not home.is_dir():
        names = ", ".join(each.name for each in chain if (FOLDER / each.name).is_dir())
        raise click.ClickException(f"{stage} has no exercise. These stages have one: {names}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        tested = Stage(f"exercise-{stage}", stage.number, copy(stage, Path(folder)))
        shutil.copy2(home / TESTS, tested.path / "tests")
        shutil.copytree(home, tested.path / EXERCISES)  # pytest needs the solution to collect the tests
        report = check(tested, project, only=[ident for ident in expected(tested) if TESTS in ident])
    if report.finding:
        return find_standing(named, stage)
    # The project isn't compared with our solution, because there are others. It can only lack the file.
    files = (f"{EXERCISES}/{path.name}" for path in home.glob("*.py") if path.name != TESTS)
    absent = {name: "" for name in files if not (project.folder / name).is_file()}
    known = Known(read(project), absent, {}, project.prefix, report.facts)
    missing = find_missing(report, Trial(stage, None, known))
    return Standing(report, stage, chain, missing, known, exercise=f"{page(stage)}#exercise")
