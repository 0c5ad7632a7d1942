"""The environment variables that a project runs with: what the machine needs, and nobody's settings."""

from __future__ import annotations

import os

# An allow-list: a list of what to leave out would have to name every setting that a stage reads, or ever will.
NAMES = ["PATH", "HOME", "USER", "LANG", "LANGUAGE", "TERM", "NO_COLOR", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH"]
# Without these, programs on Windows don't start or don't find their folders.
NAMES += ["SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"]


def environment() -> dict[str, str]:
    """Return our own environment, reduced to what a project needs to run, whatever the terminal has exported."""
    kept = {name: value for name, value in os.environ.items() if name in NAMES or name.startswith("LC_")}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}  # the processes that tests start leave no __pycache__ either
