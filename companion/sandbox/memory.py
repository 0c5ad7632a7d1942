"""How much memory a process and all that it has started take together, with their files in memory (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

from companion.sandbox.job import SCRATCH

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
FILE = 1024  # bytes of the kernel's own memory that a file takes, be it empty


def memory_of(process: int) -> int:
    """Bytes that the process and its descendants keep in memory; 0 where that cannot be read.

    What ends meanwhile does not count. A page that two of them share counts twice, their scratch folder once.
    """
    total, scratch, waiting = 0, 0, [process]
    while waiting:
        folder = Path("/proc", str(waiting.pop()))
        scratch = max(scratch, _files_of(folder))
        try:
            total += int((folder / "statm").read_text().split()[1]) * PAGE
            for thread in (folder / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except (OSError, IndexError):
            continue
    return total + scratch


def _files_of(process: Path) -> int:
    """Bytes that a scratch folder takes which only this process and its like see; 0 where there is none."""
    place = f"{process}/root{SCRATCH}"
    try:
        if os.stat(place).st_dev == os.stat(SCRATCH).st_dev:
            return 0
        used = os.statvfs(place)
    except OSError:
        return 0
    return (used.f_blocks - used.f_bfree) * used.f_frsize + (used.f_files - used.f_ffree) * FILE
