"""Tells how a long run goes: a bar in a terminal, a line a submission elsewhere."""

from __future__ import annotations

import sys
from collections import Counter

from tqdm import tqdm

from companion.grading.submissions import Submission
from companion.grading.verdicts import Result


class Progress:
    """`total` submissions. Call it with each result; `new` says that it was graded now, and not in an earlier run."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self.counts: Counter[str] = Counter()
        self.bar = tqdm(total=total, unit=" submissions", disable=not sys.stderr.isatty(), dynamic_ncols=True)

    def __call__(self, submission: Submission, result: Result, new: bool) -> None:
        self.done += 1
        self.counts[result.verdict] += 1
        if self.bar.disable and new:
            line = (
                f"{self.done} of {self.total}: {printable(submission.name)}: {result.verdict}, {result.seconds:.1f} s"
            )
            print(line, file=sys.stderr, flush=True)
        elif not self.bar.disable:
            self.bar.set_postfix_str(
                ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items()), refresh=False
            )
            self.bar.update()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.bar.close()


def printable(text: str) -> str:
    """Text whose signs cannot do anything to a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
