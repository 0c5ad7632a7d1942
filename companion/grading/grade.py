"""Grades many projects: one result for each, whatever happens, and nothing graded twice."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from companion.chain.stages import Stage, stages
from companion.grading.in_process import grade_inside, suite_tests
from companion.grading.journal import Journal, Key
from companion.grading.over_http import expected_tests, grade_served, speaks_http
from companion.grading.sandbox import bubblewrap
from companion.grading.sandbox.job import Limits, Sandbox, Unsafe
from companion.grading.submissions import Submission, digest
from companion.grading.unpack import Unusable, unpack
from companion.grading.verdicts import Grade, Verdict
from companion.grading.workers import Workers
from companion.project.locate import locate, python_files
from companion.project.reached import begun
from companion.project.reading import compared

MOST_READ = 1024 * 1024  # bytes of Python: what people write by hand is far less
LARGEST_READ = 64 * 1024  # bytes of one file of it: Python takes long over some that are larger


@dataclass(frozen=True, slots=True)
class Suite:
    """What submissions are graded with: the tests of `stage`, by id, each with what it asks for.

    `served` says that they run over HTTP. `fingerprint` changes with the tests.
    """

    stage: Stage
    tests: dict[str, str]
    served: bool
    limits: Limits
    unsafe: bool

    @property
    def fingerprint(self) -> str:
        told = hashlib.sha256(repr((self.stage.name, self.tests, self.served, self.unsafe)).encode())
        for path in sorted((self.stage.path / "tests").rglob("*.py")):
            told.update(path.read_bytes())
        return told.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Task:
    """One submission to grade, as it goes to a worker."""

    submission: Submission
    suite: Suite
    key: Key = field(hash=False)


def suite_of(stage: Stage, limits: Limits, unsafe: bool = False) -> Suite:
    """The suite for a stage: over HTTP where the stage speaks it, in process before. Raises GraderFailed."""
    served = speaks_http(stage)
    return Suite(stage, expected_tests(stage) if served else suite_tests(stage), served, limits, unsafe)


def grade_one(task: Task) -> Grade:
    """Grade one submission. Never raises: where the grader itself fails, the result says so."""
    started = time.monotonic()
    try:
        result = _grade(task)
    except Unusable as unusable:
        result = Grade(unusable.verdict, unusable.why, expected=len(task.suite.tests), proof=not task.suite.unsafe)
    except Exception as error:
        result = failed(task, f"{type(error).__name__}: {error}")
    result.seconds = round(time.monotonic() - started, 2)
    return result


def failed(task: Task, why: str) -> Grade:
    """The result of a submission on which the grader itself has failed."""
    return Grade(Verdict.GRADER_FAILED, why, expected=len(task.suite.tests))


def grade_all(
    found: Sequence[Submission], suite: Suite, workers: Workers, journal: Journal
) -> Iterator[tuple[Submission, Grade, bool]]:
    """Grade every submission that the journal does not know, and write each result into it before anything else.

    Yields each submission with its result and whether that is new: first those of earlier runs.
    """
    fingerprint = suite.fingerprint
    tasks: list[Task] = []
    for submission in found:
        task = Task(submission, suite, Key(submission.name, _digest(submission), fingerprint))
        if known := journal.done(task.key):
            yield submission, known, False
        else:
            tasks.append(task)
    for task, result in _run(tasks, workers):
        journal.add(task.key, result)
        yield task.submission, result, True


def _run(tasks: list[Task], workers: Workers) -> Iterator[tuple[Task, Grade]]:
    """The results of all tasks as they come. Where a worker dies, its tasks are tried once more, each alone."""
    waiting = list(reversed(tasks))
    while waiting:
        suspects: list[Task] = []
        with workers.executor() as executor:
            yield from _feed(executor, waiting, workers.at_once, suspects)
        for task in suspects:
            again: list[Task] = []
            with workers.executor() as executor:
                yield from _feed(executor, [task], 1, again)
            if again:
                yield task, failed(task, "the worker that graded it was killed, twice (was the memory used up?)")


def _feed(executor: Executor, waiting: list[Task], at_once: int, suspects: list[Task]) -> Iterator[tuple[Task, Grade]]:
    """Keep the executor busy until nothing waits, or until it breaks: then `suspects` has what it was busy with."""
    running: dict[Future[Grade], Task] = {}
    try:
        yield from _keep_busy(executor, waiting, at_once, suspects, running)
    finally:
        for future in running:
            future.cancel()


def _keep_busy(
    executor: Executor, waiting: list[Task], at_once: int, suspects: list[Task], running: dict[Future[Grade], Task]
) -> Iterator[tuple[Task, Grade]]:
    while (waiting or running) and not suspects:
        while waiting and len(running) < at_once:
            task = waiting.pop()
            try:
                running[executor.submit(grade_one, task)] = task
            except BrokenExecutor:
                suspects.append(task)
                break
        if not running:
            return
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            task = running.pop(future)
            error = future.exception() if not future.cancelled() else None
            if isinstance(error, BrokenExecutor):
                suspects.append(task)
            elif future.cancelled() or error:
                yield task, failed(task, f"{type(error).__name__}: {error}" if error else "the executor gave it up")
            else:
                yield task, future.result()
    suspects += running.values()


def _grade(task: Task) -> Grade:
    with tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True) as folder:
        project = unpack(task.submission, Path(folder, "submission"))
        grade = grade_served if task.suite.served else grade_inside
        place: Sandbox = Unsafe() if task.suite.unsafe else _sandbox()
        result = grade(task.suite.stage, task.suite.tests, project, place, task.suite.limits)
        result.where = _where(task.suite.stage, project)
        return result


def _where(stage: Stage, project: Path) -> str:
    """The stage that a project has come to, by the names in its files, which are read and not run; "" for none."""
    with contextlib.suppress(Exception):  # they may hold anything
        place = locate(project)
        sizes = [path.stat().st_size for path in python_files(place.folder)]
        if sum(sizes) < MOST_READ and max(sizes) < LARGEST_READ:
            return begun(compared(stage, place), stages()).name
    return ""


@cache
def _sandbox() -> Sandbox:
    return bubblewrap.find()


def _digest(submission: Submission) -> str:
    try:
        return digest(submission)
    except Exception as error:  # no submission ends the run: when it is graded, its result says what is wrong
        return f"not readable: {type(error).__name__}: {error}"
