"""The verb `grade`: a folder of submissions in, reports out."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections import Counter
from pathlib import Path

from companion import INTERRUPTED
from companion.chain.stages import UnknownStage, stages, wanted
from companion.grading import gradebooks, reports
from companion.grading.grade import Suite, grade_all, suite_of
from companion.grading.journal import Busy, Journal
from companion.grading.over_http import GraderFailed, speaks_http
from companion.grading.progress_bar import Progress, printable
from companion.grading.sandbox import bubblewrap
from companion.grading.sandbox.bubblewrap import NoSandbox
from companion.grading.sandbox.job import MIB, Limits
from companion.grading.submissions import Submission, submissions
from companion.grading.verdicts import Result, Verdict
from companion.grading.workers import NoExecutor, Workers, processors, workers

JOURNAL = "journal.jsonl"
MOST_NAMED = 50  # lines in the terminal for submissions that are not exported


class WrongFolder(ValueError):
    """A folder is not what it should be; the message says what to name."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m companion grade`."""
    parser.add_argument("folder", type=Path, help="holds the submissions: folders, zips, git repositories")
    parser.add_argument("--stage", help="what to grade against (the first stage that answers over HTTP)")
    parser.add_argument("--out", type=Path, help="where the results go (FOLDER-grades)")
    parser.add_argument("--resume", action="store_true", help="go on: what is graded and has not changed is kept")
    parser.add_argument(
        "--again",
        action="append",
        default=[],
        type=_verdict,
        metavar="RESULT",
        help="with --resume: grade those with this result once more, for instance time-out",
    )
    parser.add_argument("--jobs", type=_positive, default=processors(), help="how many at a time (one a processor)")
    parser.add_argument("--timeout", type=_positive, default=60, metavar="SECONDS", help="for one submission (60)")
    parser.add_argument("--memory", type=_positive, default=1024, metavar="MB", help="for one submission (1024)")
    parser.add_argument("--points", type=_points, default=100, help="what a submission is worth that passes (100)")
    parser.add_argument("--assignment", help="the column's name in Canvas (JWT login, STAGE)")
    parser.add_argument(
        "--teams", action="store_true", help="Moodle: the assignment is for teams, not for each student"
    )
    parser.add_argument("--unsafe", action="store_true", help="no sandbox: only for submissions that you trust")
    parser.add_argument(
        "--executor",
        default="processes",
        metavar="WHERE",
        help="processes, dask://HOST:PORT, or MODULE:CALLABLE, which returns an Executor",
    )


def run(given: argparse.Namespace) -> int:
    """Grade, and write the reports. Returns the exit status: 0 when every submission has a result of its own."""
    try:
        stage = wanted(given.stage) if given.stage else next(s for s in stages() if speaks_http(s))
        found, out = _places(given)
        if not given.unsafe:
            bubblewrap.find()
        workers_ = workers(given.executor, given.jobs)
        suite = suite_of(
            stage, Limits(seconds=given.timeout, cpu=2 * given.timeout, memory=given.memory * MIB), given.unsafe
        )
        with Journal(out / JOURNAL) as journal:
            journal.forget(given.again)
            return _graded(given, found, suite, workers_, journal, out)
    except (UnknownStage, NoSandbox, NoExecutor, GraderFailed, Busy, WrongFolder) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}. What has been graded is kept: --resume goes on.", file=sys.stderr)
        return 2


def _places(given: argparse.Namespace) -> tuple[list[Submission], Path]:
    """The submissions, and the folder for the results, which exists. Raises WrongFolder, OSError."""
    folder = given.folder.resolve()
    if not folder.is_dir():
        raise WrongFolder(f"{given.folder} is no folder: name the one that holds the submissions.")
    if (folder / "manage.py").is_file():
        raise WrongFolder(f"{given.folder} is one project: name the folder that holds it with the others.")
    out = (given.out or folder.with_name(f"{folder.name}-grades")).resolve()
    if out == folder or (out.exists() and not out.is_dir()):
        raise WrongFolder(f"--out {given.out}: the results need a folder of their own.")
    found = submissions(folder, out, given.teams)
    if not found:
        raise WrongFolder(f"There is nothing in {given.folder}: put one folder or zip for each student in it.")
    if (out / JOURNAL).exists() and not given.resume:
        raise WrongFolder(f"{out} holds the results of an earlier run. Add --resume to go on with it, or --out OTHER.")
    out.mkdir(parents=True, exist_ok=True)
    return found, out


def _graded(
    given: argparse.Namespace, found: list[Submission], suite: Suite, workers_: Workers, journal: Journal, out: Path
) -> int:
    assignment = given.assignment or f"JWT login, {suite.stage}"
    progress = Progress(len(found))
    interrupted = False
    results: dict[Submission, Result] = {}
    try:
        for submission, result, new in grade_all(found, suite, workers_, journal):
            results[submission] = result
            progress(submission, result, new)
    except KeyboardInterrupt:
        interrupted = True
    progress.close()
    ordered = {submission: results[submission] for submission in found if submission in results}
    paths = reports.write(ordered, suite, given.points, assignment, out)
    _tell(ordered, paths, given.points)
    if interrupted:
        command = shlex.join(["python", "-m", "companion", "grade", str(given.folder), "--out", shown(out), "--resume"])
        print(f"Interrupted with {len(found) - len(ordered)} to go. To go on:\n    {command}")
        return INTERRUPTED
    return 1 if any(result.verdict is Verdict.GRADER_FAILED for result in ordered.values()) else 0


def _tell(results: dict[Submission, Result], paths: list[Path], points: float) -> None:
    counts = Counter(result.verdict for result in results.values())
    print(f"{len(results)} submissions: " + ", ".join(f"{counts[v]} {v}" for v in Verdict if counts[v]))
    export = gradebooks.export(results, points)
    written = f"{export.grades('canvas')} in canvas.csv + {export.grades('moodle')} in moodle.csv"
    print(f"{len(results)} submissions = {written} + {len(export.left_out)} not exported")
    for submission, reason in list(export.left_out.items())[:MOST_NAMED]:
        print(f"  {printable(submission.name)}: {printable(reason)}")
    if len(export.left_out) > MOST_NAMED:
        print(f"  and {len(export.left_out) - MOST_NAMED} more: not-exported.csv names them all.")
    for path in paths:
        print(shown(path))


def shown(path: Path) -> str:
    """A path as short as it can be written from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 on")
    return int(text)


def _points(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of points")
    return number


def _verdict(text: str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"there is no result {text!r}: say one of {', '.join(Verdict)}") from None
