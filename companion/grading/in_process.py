"""Grades with a stage's whole suite in the submission's own process, in the sandbox, so the result can be faked."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from companion.chain.stages import ROOT, Stage
from companion.grading.over_http import FROM_US, GraderFailed
from companion.grading.verdicts import Grade, Verdict, exceeded, judge, start_failure
from companion.running import run_suite, suite
from companion.running.channel import BadMessage
from companion.sandbox.job import Limits, Sandbox
from companion.sandbox.supervise import COMPANION, SUBMISSION, TUTORIAL, Exceeded, Watched, watched


def suite_tests(stage: Stage) -> dict[str, str]:
    """Returns the ids of all tests of the stage in order, each with what it requires. Raises GraderFailed."""
    try:
        return {id_: suite.stage_test(stage, id_).requirement for id_ in run_suite.expected(stage)}
    except RuntimeError as error:
        raise GraderFailed(str(error)) from error


def grade_inside(stage: Stage, tests: Mapping[str, str], project: Path, sandbox: Sandbox, limits: Limits) -> Grade:
    """Runs the stage's whole suite on `project`, the folder of manage.py."""
    mounts = {SUBMISSION: project, f"{TUTORIAL}/{stage.path.relative_to(ROOT).as_posix()}": stage.path}
    if suite.CACHE.is_dir():
        mounts[f"{TUTORIAL}/{suite.CACHE.name}"] = suite.CACHE
    order = {"stage": stage.name, "root": TUTORIAL}
    with tempfile.TemporaryDirectory(prefix="inside-") as folder:
        place = (sandbox, limits, Path(folder))
        with watched(f"{COMPANION}/grading/in_process_child.py", order, mounts, place, FROM_US) as submission:
            result = _result(submission, list(tests))
            result.expected, result.output = len(tests), submission.last_words()
            return result


def _result(submission: Watched, tests: list[str]) -> Grade:
    try:
        events = list(submission.events(submission.channel))
        result = judge(tests, events, submission.channel.process.wait(10))
        findings = [start_failure(event["failure"]) for event in events if event["event"] == "finding"]
    except Exceeded as error:
        return exceeded(error)
    except (BadMessage, LookupError, TypeError, AttributeError):
        return Grade(Verdict.SUSPICIOUS, "The project wrote into a file descriptor that is not its own.")
    if findings and result.verdict is Verdict.FAILED:
        result.verdict, result.why = Verdict.NOT_STARTED, findings[0]
    return result
