"""What the laws of the chain share: the stages, copies of them, and commands run in them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from companion.stages import Stage, previous, stages

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

    def run(folder: Path, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=bare_environment() | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0 or not check, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done

    return run


def bare_environment() -> dict[str, str]:
    """What a fresh shell has, and no setting of any project."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def before(later) -> Stage:
    """The stage before `later`."""
    stage = previous(later)
    assert stage is not None
    return stage
