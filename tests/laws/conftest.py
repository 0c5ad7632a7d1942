"""Fixtures for the laws of the chain: the stages, copies of them, and commands run in them."""

import logging
import subprocess
import sys
from functools import cache
from pathlib import Path

import markdown
import pytest

from companion.chain.chapters import Chapter
from companion.chain.stages import Stage, previous, stages
from companion.running.environment import environment

CHAIN = stages()
NAMES = [stage.name for stage in CHAIN]
LATER = CHAIN[1:]
EXTENSIONS = [
    "admonition",
    "attr_list",
    "tables",
    "pymdownx.details",
    "pymdownx.superfences",
    "companion.site.extension",
]


def pytest_generate_tests(metafunc):
    """`stage` is every stage in turn; `later` is every stage but the first."""
    if "stage" in metafunc.fixturenames:
        metafunc.parametrize("stage", CHAIN, ids=str)
    if "later" in metafunc.fixturenames:
        metafunc.parametrize("later", LATER, ids=str)


@pytest.fixture(scope="session")
def run():
    """Runs Python with these arguments in a folder, without our environment variables."""

    def run(folder: Path, *arguments: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        command, env = [sys.executable, *arguments], environment() | variables
        options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
        done = subprocess.run(command, cwd=folder, env=env, **options)
        assert done.returncode == 0 or not check, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def collected(run):
    """Collects the tests of a folder: returns pytest's output as lines, and the tests with a position in their id."""
    here = str(Path(__file__).parent)
    options = ("-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "-p", "positional_ids")

    @cache
    def collected(folder: Path) -> list[str]:
        return run(folder, *options, PYTHONPATH=here).stdout.splitlines()

    return collected


@pytest.fixture(scope="session")
def rendered():
    """Renders a chapter once: returns its HTML, and the extension's warnings."""

    @cache
    def rendered(page: Chapter) -> tuple[str, list[str]]:
        complaints: list[str] = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: complaints.append(record.getMessage())
        logging.getLogger().addHandler(handler)
        try:
            return markdown.markdown(page.body, extensions=EXTENSIONS), complaints
        finally:
            logging.getLogger().removeHandler(handler)

    return rendered


@pytest.fixture
def before(later) -> Stage:
    """The stage before `later`."""
    stage = previous(later)
    assert stage is not None
    return stage
