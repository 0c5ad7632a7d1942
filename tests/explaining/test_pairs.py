"""A correct variant with a mistake in it: the check names the mistake, and not the variant."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from companion.chain.stages import find
from companion.learner.standing import find_standing
from tests.explaining.mistakes import MISTAKES
from tests.project import variants
from tests.project.projects import typed

PAIRS = [tuple(line.split(" | ")) for line in Path(__file__).with_name("pairs.txt").read_text().splitlines()]


@pytest.fixture(scope="session")
def stood(tmp_path_factory, recording):
    """Returns the place that is named for each pair, with the mistake and its line."""

    def made(pair):
        variant, name = pair
        mistake = next(each for each in MISTAKES if each.name == name)
        folder = typed(mistake.stage, tmp_path_factory.mktemp("pair") / "mine", mistake.changes)
        line = mistake.line(folder)
        folder = getattr(variants, variant)(folder) or folder
        return find_standing(folder, find(mistake.stage)).missing[0].advice.place, mistake, line

    tmp_path_factory.getbasetemp()  # created before there are threads
    with recording.replayed(), ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(PAIRS, pool.map(made, PAIRS), strict=True))


def test_the_mistake_is_named_and_not_the_variant(stood):
    """The named place is the line of the mistake, wherever the variant has its file; at most 4 of 44 may be wrong."""
    wrong = []
    for (variant, name), (place, mistake, line) in stood.items():
        file = "user.py" if variant == "models_in_a_package" else Path(mistake.file).name
        if place is None or (Path(place.file).name, place.line) != (file, line):
            wrong.append((variant, name, str(place)))

    assert len(stood) == 44
    assert len(wrong) <= 4, wrong
