"""Chooses the environment variables of a project's process: those that the system needs, and no settings."""

import os

# A list of allowed names, because a list of forbidden ones would have to include every setting of every stage.
NAMES = ["PATH", "HOME", "USER", "LANG", "LANGUAGE", "TERM", "NO_COLOR", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH"]
# Without these, programs on Windows don't start or don't find their folders.
NAMES += ["SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"]


def environment() -> dict[str, str]:
    """Returns our own environment variables, without those that a project doesn't need or could read as settings."""
    kept = {name: value for name, value in os.environ.items() if name in NAMES or name.startswith("LC_")}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}  # also in the processes that tests start
