"""Tells how a long run goes: a bar in a terminal, a line a submission elsewhere."""

from __future__ import annotations

import sys
from collections import Counter

import click

from companion.grading.submissions import Submission
from companion.grading.verdicts import Grade


class Progress:
    """`total` submissions. Call it with each result; `new` says that it was graded now, and not in an earlier run."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self.counts: Counter[str] = Counter()
        self.seen = sys.stderr.isatty()
        self.bar = click.progressbar(
            length=total, file=sys.stderr, show_pos=True, hidden=not self.seen, item_show_func=self._counted
        )
        self.bar.render_progress()

    def __call__(self, submission: Submission, result: Grade, new: bool) -> None:
        self.done += 1
        self.counts[result.verdict] += 1
        self.bar.update(1, result.verdict)
        if new and not self.seen:
            name = printable(submission.name)
            click.echo(f"{self.done} of {self.total}: {name}: {result.verdict}, {result.seconds:.1f} s", err=True)

    def _counted(self, _: str | None) -> str:
        return ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items())

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.bar.render_finish()


def printable(text: str) -> str:
    """Text whose signs cannot do anything to a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
