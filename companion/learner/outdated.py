"""Finds installed packages and pins of a project that are older than the stage's."""

import re
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from packaging.version import InvalidVersion, Version

from companion.chain.stages import ROOT, Stage
from companion.project.locate import Project, readable

PIN = re.compile(r"^\s*([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)", re.MULTILINE)


def older(stage: Stage, project: Project | None) -> list[str]:
    """Returns a sentence for each installed package and each pin of the project that is older than the stage's."""
    wanted, found = pins(readable(stage.path / "requirements.txt")), []
    for name, pin in wanted.items():
        with suppress(PackageNotFoundError):  # it is not needed on this system; otherwise, the tests report it
            if _older(have := version(name), pin):
                install = f"python -m pip install -r {ROOT / 'requirements.txt'}"
                found.append(f"This environment has {name} {have}, older than the stage's {pin}: {install}")
    lines = readable(project.folder / "requirements.txt").splitlines() if project else []
    for number, line in enumerate(lines, 1):
        for name, pin in pins(line).items():
            if project and name in wanted and _older(pin, wanted[name]):
                where = f"{project.prefix}requirements.txt, line {number}"
                found.append(f"{where}, pins {name} {pin}, older than the stage's {wanted[name]}.")
    return found


def pins(requirements: str) -> dict[str, str]:
    """Returns the versions that a requirements.txt pins, by the package's name in lower case."""
    return {name.lower().replace("_", "-"): pin for name, pin in PIN.findall(requirements)}


def _older(have: str, wanted: str) -> bool:
    with suppress(InvalidVersion):
        return Version(have) < Version(wanted)
    return False
