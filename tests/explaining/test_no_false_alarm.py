"""A correct project passes, whatever its names, its folder and its style."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from companion.chain.stages import find
from companion.learner.standing import find_standing
from companion.project.results import PASSED
from companion.running.run_suite import check, expected
from tests.project.projects import typed
from tests.project.variants import EVERY, another_settings_package, settings_in_parts

STAGES = ["02-user-model", "03-user-manager", "02-user-model", "05-authentication-backend"]  # in turn


@pytest.fixture(scope="session")
def stood(tmp_path_factory):
    """Maps each variant to its check, without naming a stage, as learners check."""

    def made(pair):
        number, variant = pair
        stage = STAGES[number % len(STAGES)]
        folder = typed(stage, tmp_path_factory.mktemp("variant") / "mine")
        return stage, find_standing(variant(folder) or folder)

    tmp_path_factory.getbasetemp()  # created before there are threads
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip([v.__name__ for v in EVERY], pool.map(made, enumerate(EVERY)), strict=True))


def test_there_are_enough_variants():
    """There are at least thirty variants."""
    assert len(EVERY) >= 30


@pytest.mark.parametrize("name", [variant.__name__ for variant in EVERY])
def test_no_false_alarm(stood, name):
    """The project passes its stage, which the check finds by itself, without notes."""
    stage, found = stood[name]

    assert [m.advice.sentence for m in found.missing] == []
    assert {result.outcome for result in found.report.results} == {PASSED}
    assert (found.stage.name, found.report.stage) == (stage, stage)
    assert found.notes == []


@pytest.mark.parametrize("variant", [another_settings_package, settings_in_parts], ids=lambda v: v.__name__)
def test_production_settings_are_found_too(tmp_path, variant):
    """Tests of the last stage that restart the project with production settings find the learner's package."""
    folder = typed("final", tmp_path / "mine")
    variant(folder)
    if variant is settings_in_parts:
        production = folder / "config/production.py"
        production.write_text(production.read_text().replace("from .settings", "from .settings.base"))

    starting = [ident for ident in expected(find("final")) if ident.startswith("tests/test_environment.py")]
    report = check(find("final"), folder, only=starting)
    assert len(report.results) > 10
    assert report.passed
