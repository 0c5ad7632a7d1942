"""Records what a learner sees while a mistake is found and fixed, for the start page: `python -m nox -s recording`.

The run and its durations are real. Only the pauses for reading are fixed.
"""

import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from html import escape
from itertools import groupby
from pathlib import Path

from companion.chain.stages import ROOT, copy, find
from companion.learner.watch import KEYS
from companion.running.environment import environment

FILE = ROOT / "docs/assets/recording.html"
COMMAND = "~/tutorial/.venv/bin/python ~/tutorial/companion watch mine"  # as docs/checking.md shows it
STAGE, CHANGED = "04-tokens", "authentication/tokens.py"
RIGHT, WRONG = '"require": REQUIRED_CLAIMS, ', ""
NOTE = "# You write that line in your editor, and save the file."
TYPED, READ = 1.0, 6.0  # seconds
COLOUR = re.compile(r"\x1b\[([1-9]\d*)m(.*?)\x1b\[0m")


def record():
    """Returns each line with its colours, and the second at which it is printed."""
    with tempfile.TemporaryDirectory() as folder:  # with a new name, so that no earlier check is remembered
        project = copy(find(STAGE), Path(folder, "mine"))
        right = (project / CHANGED).read_text()
        (project / CHANGED).write_text(right.replace(RIGHT, WRONG))
        ours, theirs = pty.openpty()
        command = [sys.executable, str(ROOT / "companion"), "watch", "mine"]
        env = environment() | {"TERM": "xterm", "SITE_URL": "http://127.0.0.1:8001/"}
        env.pop("NO_COLOR", None)
        process = subprocess.Popen(command, cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        lines = [(0.0, f"$ {COMMAND}"), *printed(ours, TYPED)]
        moment = lines[-1][0] + READ
        (project / CHANGED).write_text(right)
        lines += [(moment, ""), (moment, NOTE), *printed(ours, moment + TYPED)]
        os.write(ours, b"q")
        process.wait()
        os.close(ours)
    return lines


def printed(terminal, moment):
    """Yields the lines that are printed until the keys are shown, with their times from `moment`."""
    start, unread = time.monotonic(), ""
    while True:
        unread += os.read(terminal, 65536).decode()
        *lines, unread = unread.split("\r\n")
        for line in lines:
            yield round(moment + time.monotonic() - start, 1), line
            if line == KEYS:
                return


def html(lines):
    """Returns the HTML of the recording: the lines of one moment are one element, with its time in milliseconds."""
    parts = []
    for moment, group in groupby(lines, lambda line: line[0]):
        text = "".join(f"{COLOUR.sub(_coloured, escape(line, quote=False))}\n" for _, line in group)
        parts.append(f'<span data-at="{moment * 1000:.0f}">{text.replace(chr(27) + "[0m", "")}</span>')
    return f'<div class="language-console highlight rc"><pre><code>{"".join(parts)}</code></pre></div>\n'


def _coloured(found):
    return f'<span class="rc-{found[1]}">{found[2]}</span>'


def text(page):
    """Returns the text of a recording, without times and colours."""
    return re.sub(r"<[^>]+>", "", page)


if __name__ == "__main__":
    FILE.write_text(html(record()))
    print(FILE.relative_to(ROOT))
