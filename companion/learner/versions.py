"""Whether what a project and this environment have is as new as the stage: one sentence for each that is not."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.metadata import PackageNotFoundError, version

from packaging.version import InvalidVersion, Version

from companion.chain.stages import ROOT, Stage, UnknownStage, files, find
from companion.project.locate import Project, readable

MARK = ".companion.json"  # what `start` leaves in a project: the stage it was made from, and its edition
PIN = re.compile(r"^\s*([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)", re.MULTILINE)


def edition(stage: Stage) -> str:
    """Which edition of a stage this is: 16 hexadecimal digits that change with any of its files."""
    digest = hashlib.sha256()
    for name, path in files(stage).items():
        digest.update(name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:16]


def mark(stage: Stage) -> str:
    """The content of the file that `start` leaves."""
    return json.dumps({"began as": stage.name, "edition": edition(stage)}) + "\n"


def notes(stage: Stage, project: Project | None) -> list[str]:
    """What is older than the stage: packages of this environment, pins of the project, the copy itself."""
    wanted = pins((stage.path / "requirements.txt").read_text(encoding="utf-8"))
    found = [note for name, pin in wanted.items() if (note := _installed(name, pin))]
    if project:
        found += _pinned(wanted, project)
        found += _copied(project)
    return found


def pins(requirements: str) -> dict[str, str]:
    """The versions that a requirements.txt pins, by the package's name in lower case."""
    return {name.lower().replace("_", "-"): pin for name, pin in PIN.findall(requirements)}


def _installed(name: str, pin: str) -> str | None:
    try:
        have = version(name)
    except PackageNotFoundError:
        return None  # not for this system, or the tests will say so
    if not _older(have, pin):
        return None
    where = ROOT / "requirements.txt"
    return f"This environment has {name} {have}, older than the stage's {pin}: python -m pip install -r {where}"


def _pinned(wanted: dict[str, str], project: Project) -> list[str]:
    path = project.folder / "requirements.txt"
    lines = readable(path).splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        for name, pin in pins(line).items():
            if name in wanted and _older(pin, wanted[name]):
                where = f"{project.prefix}requirements.txt, line {number}"
                found.append(f"{where}, pins {name} {pin}, older than the stage's {wanted[name]}.")
    return found


def _copied(project: Project) -> list[str]:
    try:
        facts = json.loads((project.folder / MARK).read_text(encoding="utf-8"))
        origin = find(str(facts["began as"]))
    except (OSError, ValueError, LookupError, TypeError, UnknownStage):
        return []
    if facts.get("edition") == edition(origin):
        return []
    return [
        f"Your project began from an older copy of {origin} than the one here; "
        "diff shows what is different now. A new start in an empty folder gets the new one."
    ]


def _older(have: str, wanted: str) -> bool:
    try:
        return Version(have) < Version(wanted)
    except InvalidVersion:
        return False
