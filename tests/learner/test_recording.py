"""Checks that the terminal on the start page shows the current output."""

import re

from tests.learner.recording import FILE, html, record, text

COUNTS = re.compile(r"\d+ of \d+|[#.]{30}")  # they change with each new test and stage


def test_the_recording_is_what_the_tool_prints():
    """If this fails, run `python -m nox -s recording`."""
    assert COUNTS.sub("…", text(html(record()))) == COUNTS.sub("…", text(FILE.read_text()))


def test_the_recording_shows_a_mistake_and_the_fix_in_colour():
    """It shows a red word, what to write, a save and a green word, in about 20 seconds."""
    shown = FILE.read_text()
    places = [
        shown.index(part)
        for part in (
            '<span class="rc-31">Missing:</span>',
            "\nWrite: options={",
            "\nSaved: authentication/tokens.py. Checking ...\n",
            '<span class="rc-32">Done.</span>',
        )
    ]

    assert places == sorted(places)
    assert int(re.findall(r'data-at="(\d+)"', shown)[-1]) < 25_000
    assert "\x1b" not in shown


def test_lines_of_one_moment_are_one_part():
    """Colours are CSS classes, and text that looks like a tag is escaped."""
    assert html([(0.0, "$ go"), (1.5, "\x1b[31mNo:\x1b[0m a < b"), (1.5, "plain\x1b[0m")]) == (
        '<div class="language-console highlight rc"><pre><code><span data-at="0">$ go\n</span>'
        '<span data-at="1500"><span class="rc-31">No:</span> a &lt; b\nplain\n</span></code></pre></div>\n'
    )
