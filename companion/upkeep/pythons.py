"""Which of the supported Pythons this machine has."""

from __future__ import annotations

import shutil
import subprocess
import sys

from companion import SUPPORTED


class NoPython(LookupError):
    """None of the supported Pythons is here; the message names them."""


def found(path: str | None = None) -> dict[str, str]:
    """The commands of the supported Pythons on `path` (PATH, if None) and of the one that runs, by version.

    Oldest first. Each was started once: a name without a Python behind it does not count.
    """
    commands = {version: shutil.which(f"python{version}", path=path) for version in SUPPORTED}
    if path is None:
        commands[_version(sys.executable)] = sys.executable
    return {v: command for v in SUPPORTED if (command := commands.get(v)) and _version(command) == v}


def oldest_and_newest(path: str | None = None) -> dict[str, str]:
    """The oldest and the newest of those that are found. Raises NoPython."""
    pythons = found(path)
    if not pythons:
        raise NoPython(f"none of Python {', '.join(SUPPORTED)} is on the PATH")
    return {version: pythons[version] for version in sorted({min(pythons), max(pythons)})}


def _version(command: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([command, "-c", code], capture_output=True, text=True, timeout=60)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
