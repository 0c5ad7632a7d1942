"""The exact line by which a check is run from any folder: with this environment's own Python."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from companion.chain.stages import ROOT


def line(*arguments: str | Path) -> str:
    """The command that runs the companion with these arguments, as the shell of this system takes it.

    On Windows that is PowerShell, where a command in quotation marks needs an `&` before it.
    """
    command = [sys.executable, str(ROOT / "companion"), *map(str, arguments)]
    if sys.platform == "win32":
        quoted = subprocess.list2cmdline(command)
        return f"& {quoted}" if quoted.startswith('"') else quoted
    return shlex.join(command)
