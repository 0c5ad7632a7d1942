"""Grades many submissions: each gets exactly one result, and none is graded twice."""

import contextlib
import tempfile
import time
import unicodedata
from collections.abc import Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
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


def grade_one(submission: Submission, suite: Suite) -> Grade:
    """Grades one submission. Never raises: if the grader itself fails, the result says so."""
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True) as folder:
            project = unpack(submission, Path(folder, "submission"))
            result = grade_project(suite, project)
            result.where = _where(suite.stage, project)
    except Unusable as unusable:
        result = Grade(unusable.verdict, unusable.why, expected=len(suite.tests), proof=not suite.unsafe)
    except Exception as error:
        result = _failed(suite, error)
    result.seconds = round(time.monotonic() - started, 2)
    return result


def _failed(suite: Suite, error: BaseException) -> Grade:
    """Returns the result of a submission on which the grader itself has failed."""
    return Grade(Verdict.GRADER_FAILED, f"{type(error).__name__}: {error}", expected=len(suite.tests))


def grade_all(
    found: Sequence[Submission], suite: Suite, executor: Executor, journal: Journal
) -> Generator[tuple[Submission, Grade, bool], None, None]:
    """Grades every submission that the journal lacks, and writes each result into it before anything else.

    Yields each submission with its result and whether it is new, results of earlier runs first. If it is closed early,
    submissions that are being graded are not waited for.
    """
    fingerprint = suite.fingerprint
    keys = {submission: Key(submission.name, digest(submission), fingerprint) for submission in found}
    running: dict[Future[Grade], Submission] = {}
    try:
        for submission, key in keys.items():
            if known := journal.results.get(key):
                yield submission, known, False
            else:
                running[_submit(executor, submission, suite)] = submission
        for future in as_completed(running):
            try:
                result = future.result()
            except Exception as error:
                result = _failed(suite, error)
            journal.add(keys[running[future]], result)
            yield running[future], result, True
    finally:  # a list, because each future is to be cancelled
        executor.shutdown(wait=all([future.cancel() or future.done() for future in running]))


def _submit(executor: Executor, submission: Submission, suite: Suite) -> Future[Grade]:
    try:
        return executor.submit(grade_one, submission, suite)
    except BrokenExecutor as error:
        broken: Future[Grade] = Future()
        broken.set_exception(error)
        return broken


def _where(stage: Stage, project: Path) -> str:
    """Returns the name of the stage that a project has reached, by reading its files without running it, or ""."""
    with contextlib.suppress(Exception):  # the files can contain anything
        texts = [readable(path) for path in python_files(project)]
        short = sum(map(len, texts)) < MOST_READ and max(map(len, texts)) < LARGEST_READ
        if short and unicodedata.is_normalized("NFC", "".join(texts)):  # `ast.parse` can need minutes to normalize
            return last_begun(compared(stage, locate(project)), stages()).name
    return ""
