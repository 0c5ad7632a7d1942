"""Grades a project by the whole suite of a stage, in one process with it, inside the sandbox: no proof of anything."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from companion.chain.stages import ROOT, Stage
from companion.grading.over_http import COMPANION, FROM_US, HERE, SUBMISSION, GraderFailed
from companion.grading.sandbox.job import Job, Limits, Sandbox
from companion.grading.supervise import Exceeded, Watch, last_words, words
from companion.grading.verdicts import Grade, Verdict, judge
from companion.running import run_suite, suite
from companion.running.channel import BadMessage, Channel

TUTORIAL = "/opt/tutorial"


def suite_tests(stage: Stage) -> dict[str, str]:
    """All tests of the stage: their ids in order, each with what it asks for. Raises GraderFailed."""
    try:
        return {id_: suite.asked(stage, id_).requirement for id_ in run_suite.expected(stage)}
    except RuntimeError as error:
        raise GraderFailed(str(error)) from error


def grade_inside(stage: Stage, tests: Mapping[str, str], project: Path, sandbox: Sandbox, limits: Limits) -> Grade:
    """Run the stage's whole suite on the project in `project`, the folder of its manage.py."""
    stage_inside = f"{TUTORIAL}/{stage.path.relative_to(ROOT).as_posix()}"
    mounts = {SUBMISSION: project, COMPANION: HERE.parent, stage_inside: stage.path}
    if suite.CACHE.is_dir():
        mounts[f"{TUTORIAL}/{suite.CACHE.name}"] = suite.CACHE
    with tempfile.TemporaryDirectory(prefix="inside-") as folder, Path(folder, "log").open("w+b") as log:
        scratch = Path(folder, "scratch")
        scratch.mkdir()
        read, write = os.pipe()
        order = {"project": SUBMISSION, "stage": stage.name, "root": TUTORIAL, "channel": write}
        job = Job(f"{COMPANION}/grading/in_process_child.py", order, mounts, scratch, (write,), log)
        try:
            channel = Channel(sandbox.start(job, limits), read, FROM_US)
        finally:
            os.close(write)
        with closing(channel):
            result = _heard(channel, list(tests), Watch.over(channel.process.pid, limits))
        result.expected = len(tests)
        result.output = last_words(log)
        return result


def _heard(channel: Channel, tests: list[str], watch: Watch) -> Grade:
    events: list[dict[str, Any]] = []
    try:
        for event in watch.events(channel):
            events.append(event)
        result = judge(tests, events, channel.process.wait(10))
        findings = [words(event["failure"]) for event in events if event["event"] == "finding"]
    except Exceeded as exceeded:
        return exceeded.result
    except (BadMessage, LookupError, TypeError, AttributeError):
        return Grade(Verdict.SUSPICIOUS, "The project wrote into a file descriptor that is not its own.")
    if findings and result.verdict is Verdict.FAILED:
        result.verdict, result.why = Verdict.NOT_STARTED, findings[0]
    return result
