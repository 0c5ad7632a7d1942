"""Defines the command `grade`, which reads a folder of submissions and writes reports."""

import math
import shlex
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from companion import INTERRUPTED
from companion.chain.command_line import FOLDER, folder_and_stage
from companion.chain.stages import stages
from companion.grading import gradebooks, reports
from companion.grading.grade import grade_all
from companion.grading.journal import Journal
from companion.grading.submissions import Submission, submissions
from companion.grading.testing import Suite, has_http_tests, suite_of
from companion.grading.verdicts import CannotGrade, Grade, Verdict
from companion.grading.workers import processors, temporary_files, workers
from companion.sandbox import bubblewrap
from companion.sandbox.bubblewrap import MIB, Limits, NoSandbox

JOURNAL = "journal.jsonl"
COUNT = click.IntRange(1)
MOST_NAMED = 50  # the terminal lists at most this many submissions that are not exported


def _points(context: click.Context, parameter: click.Parameter, number: float) -> float:
    if not 0 < number < math.inf:  # also rejects nan
        raise click.BadParameter(f"{number:g} is not a number of points: give one above 0.")
    return number


@click.command()
@folder_and_stage("FOLDER", "the first that answers over HTTP")
@click.option("--out", type=FOLDER, help="Where the results go.  [default: FOLDER-grades]")
@click.option("--resume", is_flag=True, help="Go on: what is graded and has not changed is kept.")
@click.option(
    "--again",
    multiple=True,
    type=click.Choice([str(verdict) for verdict in Verdict]),
    metavar="RESULT",
    help="With --resume: grade those with this result once more, for instance time-out.",
)
@click.option("--jobs", type=COUNT, default=processors, help="How many at a time.  [default: one a processor]")
@click.option("--timeout", type=COUNT, default=60, show_default=True, help="Seconds for one submission.")
@click.option("--memory", type=COUNT, default=1024, show_default=True, help="MB for one submission.")
@click.option(
    "--points", type=float, callback=_points, default=100, show_default=True, help="What a passed submission is worth."
)
@click.option("--assignment", help="The column's name in Canvas.  [default: JWT login, STAGE]")
@click.option("--teams", is_flag=True, help="Moodle: the assignment is for teams, not for each student.")
@click.option("--unsafe", is_flag=True, help="No sandbox: only for submissions that you trust.")
@click.option(
    "--executor",
    default="processes",
    show_default=True,
    metavar="WHERE",
    help="processes, dask://HOST:PORT, or MODULE:CALLABLE, which returns an Executor.",
)
def grade(**options: Any) -> int:
    """Grade a folder of submissions.

    FOLDER has the submissions: folders, zips, git repositories.
    """
    # The exit status is 0 if every submission was graded, 1 if the grader itself failed on one, 2 if it can't start.
    given = SimpleNamespace(**options)
    limits = Limits(seconds=given.timeout, cpu=2 * given.timeout, memory=given.memory * MIB)
    try:
        found, out = _places(given)
        if not given.unsafe:
            bubblewrap.find()
        executor = workers(given.executor, given.jobs)
        suite = suite_of(given.stage or next(s for s in stages() if has_http_tests(s)), limits, given.unsafe)
        with Journal(out / JOURNAL) as journal:
            journal.forget([Verdict(name) for name in given.again])
            return _graded(given, found, suite, executor, journal, out)
    except (NoSandbox, CannotGrade) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}. What has been graded is kept: --resume goes on.", file=sys.stderr)
    return 2


def _places(given: SimpleNamespace) -> tuple[list[Submission], Path]:
    """Returns the submissions and the folder for the results, which it creates. Raises CannotGrade, OSError."""
    folder = given.folder.resolve()
    if not folder.is_dir():
        raise CannotGrade(f"{given.folder} is no folder: name the one that holds the submissions.")
    if (folder / "manage.py").is_file():
        raise CannotGrade(f"{given.folder} is one project: name the folder that holds it with the others.")
    out = (given.out or folder.with_name(f"{folder.name}-grades")).resolve()
    if out == folder or (out.exists() and not out.is_dir()):
        raise CannotGrade(f"--out {given.out}: the results need a folder of their own.")
    found = submissions(folder, out, given.teams)
    if not found:
        raise CannotGrade(f"There is nothing in {given.folder}: put one folder or zip for each student in it.")
    if (out / JOURNAL).exists() and not given.resume:
        raise CannotGrade(f"{out} holds the results of an earlier run. Add --resume to go on with it, or --out OTHER.")
    out.mkdir(parents=True, exist_ok=True)
    return found, out


def _graded(
    given: SimpleNamespace, found: list[Submission], suite: Suite, executor: Executor, journal: Journal, out: Path
) -> int:
    results: dict[Submission, Grade] = {}
    hidden = not sys.stderr.isatty()
    bar: dict[str, Any] = {"length": len(found), "file": sys.stderr, "show_pos": True, "hidden": hidden}
    bar["item_show_func"] = lambda _: counted(results)
    with (
        suppress(KeyboardInterrupt),
        temporary_files(),
        closing(grade_all(found, suite, executor, journal)) as grading,
        click.progressbar(grading, **bar) as graded,
    ):
        for submission, result, new in graded:
            results[submission] = result
            if new and hidden:
                ended = f"{printable(submission.name)}: {result.verdict}, {result.seconds:.1f} s"
                click.echo(f"{len(results)} of {len(found)}: {ended}", err=True)
    ordered = {submission: results[submission] for submission in found if submission in results}
    paths = reports.write(ordered, suite, given.points, given.assignment or f"JWT login, {suite.stage}", out)
    _tell(ordered, paths, given.points)
    if left := len(found) - len(ordered):
        again = ["grade", str(given.folder), "--out", from_here(out), "--resume"]
        print(f"Interrupted with {left} to go. To go on:")
        print(f"    {shlex.join(['python', '-m', 'companion', *again])}")
        return INTERRUPTED
    return 1 if any(result.verdict is Verdict.GRADER_FAILED for result in ordered.values()) else 0


def counted(results: Mapping[Submission, Grade]) -> str:
    """Returns how many submissions have each verdict, such as "2 passed, 1 failed"."""
    counts = Counter(result.verdict for result in results.values())
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])


def _tell(results: dict[Submission, Grade], paths: list[Path], points: float) -> None:
    print(f"{len(results)} submissions: {counted(results)}")
    export = gradebooks.export(results, points)
    written = f"{export.grades('canvas')} in canvas.csv + {export.grades('moodle')} in moodle.csv"
    print(f"{len(results)} submissions = {written} + {len(export.left_out)} not exported")
    for submission, reason in list(export.left_out.items())[:MOST_NAMED]:
        print(f"  {printable(submission.name)}: {printable(reason)}")
    if len(export.left_out) > MOST_NAMED:
        print(f"  and {len(export.left_out) - MOST_NAMED} more: not-exported.csv names them all.")
    for path in paths:
        print(from_here(path))


def from_here(path: Path) -> str:
    """Returns a path relative to the current folder, if it is inside."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def printable(text: str) -> str:
    """Returns text in which control characters, which could change the terminal, are replaced by "?"."""
    return "".join(character if character.isprintable() else "?" for character in text)
