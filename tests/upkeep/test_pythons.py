import sys
from pathlib import Path

import pytest

from companion import SUPPORTED
from companion.upkeep.pythons import NoPython, found, oldest_and_newest

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture
def machine(tmp_path):
    """Makes a machine that has these Pythons: name of the command -> version that it says it is."""

    def machine(**pythons):
        for name, version in pythons.items():
            command = tmp_path / name.replace("_", ".")
            command.write_text(f"#!/bin/sh\n{f'echo {version}' if version else 'exit 1'}\n")
            command.chmod(0o755)
        return str(tmp_path)

    return machine


def test_the_oldest_and_the_newest_are_chosen(machine):
    """What lies between is found, and not run."""
    path = machine(python3_11="3.11", python3_12="3.12", python3_13="3.13", python3_9="3.9")

    assert list(found(path)) == ["3.11", "3.12", "3.13"]
    assert list(oldest_and_newest(path)) == ["3.11", "3.13"]


def test_one_python_is_oldest_and_newest(machine):
    """A machine with one Python runs it once."""
    path = machine(python3_12="3.12")

    assert oldest_and_newest(path) == {"3.12": f"{path}/python3.12"}


def test_a_name_without_a_python_does_not_count(machine):
    """Version managers leave commands that fail, or that start another version."""
    path = machine(python3_11="", python3_12="3.13", python3_13="3.13")

    assert list(found(path)) == ["3.13"]


def test_no_python_is_an_error_that_names_them(machine):
    """Finding none must not look like success."""
    with pytest.raises(NoPython, match="none of Python 3.11, 3.12, 3.13 is on the PATH"):
        oldest_and_newest(machine(python3_9="3.9"))


def test_the_python_that_runs_is_found():
    """It need not be on the PATH."""
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in found()


def test_readme_names_the_pythons_that_are_supported():
    """Each of them before the first command, and where their tests have run."""
    assert f"You need Python {', '.join(SUPPORTED[:-1])} or {SUPPORTED[-1]}." in README
    assert f"have run on Linux, with Python {SUPPORTED[0]} to {SUPPORTED[-1]} and" in README
