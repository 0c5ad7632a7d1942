"""Grades many submissions: each gets exactly one result, and none is graded twice."""

import contextlib
import tempfile
import time
import unicodedata
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path

from companion.chain.stages import Stage, stages
from companion.grading.journal import Journal, Key
from companion.grading.submissions import Submission, digest
from companion.grading.testing import Suite, grade_project
from companion.grading.unpack import Unusable, unpack
from companion.grading.verdicts import Grade, Verdict
from companion.project.locate import locate, python_files, readable
from companion.project.reading import compared, last_begun

MOST_READ = 1024 * 1024  # characters of Python in a project: people write far less by hand
LARGEST_READ = 64 * 1024  # characters of one Python file: larger ones can take Python very long to parse


@dataclass(frozen=True, slots=True)
class Task:
    """One submission to grade, as it is sent to a worker."""

    submission: Submission
    suite: Suite
    key: Key


def grade_one(task: Task) -> Grade:
    """Grades one submission. Never raises: if the grader itself fails, the result says so."""
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True) as folder:
            project = unpack(task.submission, Path(folder, "submission"))
            result = grade_project(task.suite, project)
            result.where = _where(task.suite.stage, project)
    except Unusable as unusable:
        result = Grade(unusable.verdict, unusable.why, expected=len(task.suite.tests), proof=not task.suite.unsafe)
    except Exception as error:
        result = failed(task, error)
    result.seconds = round(time.monotonic() - started, 2)
    return result


def failed(task: Task, error: BaseException) -> Grade:
    """Returns the result of a submission on which the grader itself has failed."""
    return Grade(Verdict.GRADER_FAILED, f"{type(error).__name__}: {error}", expected=len(task.suite.tests))


def grade_all(
    found: Sequence[Submission], suite: Suite, executor: Executor, journal: Journal
) -> Generator[tuple[Submission, Grade, bool], None, None]:
    """Grades every submission that the journal lacks, and writes each result into it before anything else.

    Yields each submission with its result and whether it is new, results of earlier runs first.
    """
    fingerprint = suite.fingerprint
    tasks: list[Task] = []
    for submission in found:
        task = Task(submission, suite, Key(submission.name, _digest(submission), fingerprint))
        if known := journal.done(task.key):
            yield submission, known, False
        else:
            tasks.append(task)
    for task, result in _run(tasks, executor):
        journal.add(task.key, result)
        yield task.submission, result, True


def _run(tasks: list[Task], executor: Executor) -> Iterator[tuple[Task, Grade]]:
    """Yields the results of all tasks as they arrive. If it is closed early, running tasks are not waited for."""
    running: dict[Future[Grade], Task] = {}
    finished = False
    try:
        for task in tasks:
            try:
                running[executor.submit(grade_one, task)] = task
            except BrokenExecutor as error:
                yield task, failed(task, error)
        for future in as_completed(running):
            try:
                result = future.result()
            except Exception as error:
                result = failed(running[future], error)
            yield running[future], result
        finished = True
    finally:
        for future in running:
            future.cancel()
        executor.shutdown(wait=finished)


def _where(stage: Stage, project: Path) -> str:
    """Returns the name of the stage that a project has reached, by reading its files without running it, or ""."""
    with contextlib.suppress(Exception):  # the files can contain anything
        texts = [readable(path) for path in python_files(project)]
        short = sum(map(len, texts)) < MOST_READ and max(map(len, texts)) < LARGEST_READ
        if short and unicodedata.is_normalized("NFC", "".join(texts)):  # `ast.parse` can need minutes to normalize
            return last_begun(compared(stage, locate(project)), stages()).name
    return ""


def _digest(submission: Submission) -> str:
    try:
        return digest(submission)
    except Exception as error:  # one submission must not end the run: grading it reports the problem
        return f"not readable: {type(error).__name__}: {error}"
