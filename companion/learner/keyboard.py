"""Reads single keys as they are pressed. Only this module depends on the operating system."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ReadKey = Callable[[], str]


@contextmanager
def keyboard() -> Iterator[ReadKey | None]:
    """Yields a function that waits for a key and returns it ("" at the end of input); None without a terminal."""
    if not sys.stdin.isatty():
        yield None
    elif sys.platform == "win32":
        import msvcrt

        yield msvcrt.getwch  # type: ignore[attr-defined,unused-ignore]  # only on Windows
    else:
        with _posix() as read:
            yield read


@contextmanager
def _posix() -> Iterator[ReadKey]:
    import os
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    tty.setcbreak(number)  # keys arrive without Enter; Ctrl+C still works
    try:
        yield lambda: os.read(number, 1).decode(errors="replace")
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
