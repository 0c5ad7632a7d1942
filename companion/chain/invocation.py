"""Builds the command that runs the companion from any folder, with this environment's Python."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from companion.chain.stages import ROOT


def line(*arguments: str | Path) -> str:
    """Returns the command that runs the companion with these arguments, quoted for the shell of this system.

    On Windows that is PowerShell, which needs an `&` before a command in quotation marks.
    """
    command = [sys.executable, str(ROOT / "companion"), *map(str, arguments)]
    if sys.platform == "win32":
        quoted = subprocess.list2cmdline(command)
        return f"& {quoted}" if quoted.startswith('"') else quoted
    return shlex.join(command)
