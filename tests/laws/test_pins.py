"""Law 6: a package has the same pin everywhere."""

import re
import tomllib

from companion.chain.stages import ROOT, files, stages

PIN = re.compile(r"([A-Za-z0-9._-]+)(\[[a-z]+\])?==([0-9][0-9a-z.]*)(\s*;.*)?")


def _pins(text):
    pins = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            match = PIN.fullmatch(line.strip())
            assert match, f"{line!r} does not pin one exact version"
            pins[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[3]
    return pins


ROOT_PINS = _pins((ROOT / "requirements.txt").read_text())


def test_a_stage_pins_what_the_root_pins(stage):
    """Every requirement of a stage is pinned to the version that the root installs."""
    pins = _pins(files(stage)["requirements.txt"].read_text())

    assert pins
    assert pins == {name: ROOT_PINS[name] for name in pins}


def test_requirements_match_pyproject():
    """requirements.txt has the versions in pyproject.toml, and everything that the stages need."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["learn"]
    pins = _pins("\n".join(wanted))

    assert pins == {name: ROOT_PINS[name] for name in pins}
    assert {name for stage in stages() for name in _pins(files(stage)["requirements.txt"].read_text())} <= set(pins)


def test_the_root_has_nothing_for_maintainers_alone():
    """Tools for maintainers are installed by the sessions that need them."""
    assert ROOT_PINS.keys() & {"ruff", "mypy", "uv", "mutmut", "playwright"} == set()
