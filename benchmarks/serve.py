"""Measures how long the page takes to reload after a save: `python benchmarks/serve.py [COUNT]` prints a table.

It serves the site as `nox -s serve` does, saves each of some files COUNT (10) times and asks, as the open page does,
for the next build. A save of nothing (a file's time) makes the same work as one of a word.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1:8003"
SAVED = {
    "a stage's file": "steps/04-authentication-backend/authentication/tokens.py",
    "a chapter": "docs/chapters/04-authentication-backend.md",
    "a style sheet": "docs/assets/reading.css",
    "the glossary, which is in all pages": "docs/glossary.md",
}


def main() -> None:
    """Serve, save, wait for the build, and print the median and the longest wait in seconds."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    command = [sys.executable, "-m", "mkdocs", "serve", "-a", HOST]
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        assert server.stdout is not None
        while b"Serving on" not in server.stdout.readline():
            pass
        try:
            for what, file in SAVED.items():
                waits = [wait(ROOT / file) for _ in range(count)]
                print(f"{what:40} median {statistics.median(waits):.2f} s, longest {max(waits):.2f} s", flush=True)
        finally:
            server.terminate()


def wait(file: Path) -> float:
    """Save `file`. Return the seconds until the server has the next build."""
    with urlopen(f"http://{HOST}/") as page:
        epoch, request = re.findall(rb"livereload\((\d+), (\d+)\);", page.read())[0]
    started = time.monotonic()
    file.touch()
    with urlopen(f"http://{HOST}/livereload/{epoch.decode()}/{request.decode()}") as answer:
        assert answer.read() != epoch
    return time.monotonic() - started


if __name__ == "__main__":
    main()
