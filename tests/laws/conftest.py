"""What the laws of the chain share: the stages, copies of them, and commands run in them."""

import subprocess
import sys
from pathlib import Path

import pytest

from companion.chain.stages import Stage, previous, stages
from companion.running.environment import environment

CHAIN = stages()
NAMES = [stage.name for stage in CHAIN]
LATER = CHAIN[1:]


def pytest_generate_tests(metafunc):
    """`stage` is every stage in turn; `later` every stage but the first."""
    if "stage" in metafunc.fixturenames:
        metafunc.parametrize("stage", CHAIN, ids=str)
    if "later" in metafunc.fixturenames:
        metafunc.parametrize("later", LATER, ids=str)


@pytest.fixture(scope="session")
def run():
    """Runs Python with these arguments in a folder, with nothing of ours in the environment."""

    def run(folder: Path, *arguments: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment() | variables,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0 or not check, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture
def before(later) -> Stage:
    """The stage before `later`."""
    stage = previous(later)
    assert stage is not None
    return stage
