"""Measures the memory of a process and all that it has started, with files in a tmpfs (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

from companion.sandbox.job import SCRATCH

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
FILE = 1024  # bytes of kernel memory that each file needs, even if it is empty


def memory_of(process: int) -> int:
    """Returns how many bytes of memory the process and its descendants use, or 0 if that can't be read.

    Processes that have ended don't count. Pages that two processes share count twice, their scratch folder once.
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
    """Returns the bytes of the process's scratch folder if it is a tmpfs of its own, else 0."""
    place = f"{process}/root{SCRATCH}"
    try:
        if os.stat(place).st_dev == os.stat(SCRATCH).st_dev:
            return 0
        used = os.statvfs(place)
    except OSError:
        return 0
    return (used.f_blocks - used.f_bfree) * used.f_frsize + (used.f_files - used.f_ffree) * FILE
