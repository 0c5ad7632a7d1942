"""Runs a stage's tests on one project, which runs in the sandbox.

If the stage has tests over HTTP, the sandbox serves the project, and a separate process runs these tests against it.
Otherwise the whole suite runs in the project's own process, so the result can be faked.
"""

import hashlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from companion.chain.stages import Stage
from companion.grading.verdicts import CannotGrade, Grade, Verdict, cut, judge
from companion.running.run_suite import expected
from companion.running.suite import CACHE, stage_test
from companion.sandbox import bubblewrap
from companion.sandbox.bubblewrap import Limits
from companion.sandbox.supervise import HOME, TUTORIAL, BadMessage, Channel, Exceeded, Watched, watched

HERE = Path(__file__).parent
TESTS = "tests/test_http.py"
MAILBOX = "/mail-to/"  # the sandboxed server returns the next email to an address at this path + the address
SERVE = HOME / "running/child/serve.py"
WHOLE_SUITE = HERE / "suite_tester.py"
FROM_SERVER = 256 * 1024  # bytes
INVALID = (BadMessage, LookupError, TypeError, AttributeError)  # what the data of a cheating project can raise
NOT_ITS_OWN = "The project wrote into a file descriptor that is not its own."

_sandbox = cache(bubblewrap.find)


def has_http_tests(stage: Stage) -> bool:
    """Returns whether the stage has tests that can run against any server."""
    return (stage.path / TESTS).is_file()


@dataclass(frozen=True, slots=True)
class Suite:
    """What submissions are graded with: the tests of `stage`, each id with what the test requires, and the limits."""

    stage: Stage
    tests: dict[str, str]
    limits: Limits
    unsafe: bool = False

    @property
    def served(self) -> bool:
        """Returns whether the tests run over HTTP."""
        return has_http_tests(self.stage)

    @property
    def proof(self) -> bool:
        """Returns whether the tests run where a submission can't change them."""
        return self.served and not self.unsafe

    @property
    def fingerprint(self) -> str:
        """Returns a hash that changes if the tests change."""
        total = hashlib.sha256(repr((self.stage.name, self.tests, self.served, self.unsafe)).encode())
        for path in sorted((self.stage.path / "tests").rglob("*.py")):
            total.update(path.read_bytes())
        return total.hexdigest()[:16]


def suite_of(stage: Stage, limits: Limits, unsafe: bool = False) -> Suite:
    """Returns the suite of a stage, whose tests it collects. Raises CannotGrade."""
    file = TESTS if has_http_tests(stage) else ""
    try:
        tests = {id_: stage_test(stage, id_).requirement for id_ in expected(stage) if id_.startswith(file)}
    except RuntimeError as error:
        raise CannotGrade(str(error)) from error
    return Suite(stage, tests, limits, unsafe)


def grade_project(suite: Suite, project: Path) -> Grade:
    """Tests `project`, the folder of manage.py. Raises CannotGrade if the trusted side itself fails."""
    sandbox = None if suite.unsafe else _sandbox()
    if not suite.served:
        mounts = {f"{TUTORIAL}/{suite.stage.folder}": suite.stage.path}
        if CACHE.is_dir():
            mounts[f"{TUTORIAL}/{CACHE.name}"] = CACHE
        stage = {"stage": suite.stage.name}
        with watched(WHOLE_SUITE, project, stage, sandbox, suite.limits, mounts) as submission:
            return _result(suite, submission)
    with tempfile.TemporaryDirectory(prefix="served-") as folder, socket.socket(socket.AF_UNIX) as listening:
        path = str(Path(folder, "socket"))
        listening.bind(path)
        listening.listen(64)
        # Only the descriptor is passed on, because the submission could replace the file.
        number = listening.fileno()
        order = {"socket": number, "mailbox": MAILBOX}
        with watched(SERVE, project, order, sandbox, suite.limits, {}, [number], FROM_SERVER) as submission:
            listening.close()  # otherwise no connection would fail after the submission has ended
            return _result(suite, submission, path)


def _result(suite: Suite, submission: Watched, path: str = "") -> Grade:
    """Returns the grade of a submission that has been started; `path` is its socket."""
    events: list[dict[str, Any]] = []
    try:
        result = _over_http(suite, submission, path, events) if path else _in_process(suite, submission)
    except Exceeded as error:
        verdict = Verdict.MEMORY if error.memory else Verdict.TIMEOUT
        result = Grade(verdict, str(error), judge(suite.tests, events, None).outcomes)
    result.expected, result.proof, result.output = len(suite.tests), suite.proof, submission.last_words()
    return result


def _in_process(suite: Suite, submission: Watched) -> Grade:
    """Returns the grade from the events of the submission's own process."""
    try:
        events = list(submission.events(submission.channel))
        result = judge(suite.tests, events, submission.channel.process.wait(10))
        findings = [start_failure(event["failure"]) for event in events if event["event"] == "finding"]
    except INVALID:
        return Grade(Verdict.SUSPICIOUS, NOT_ITS_OWN)
    if findings and result.verdict is Verdict.FAILED:
        result.verdict, result.why = Verdict.NOT_STARTED, findings[0]
    return result


def _over_http(suite: Suite, submission: Watched, path: str, events: list[dict[str, Any]]) -> Grade:
    """Waits until the submission serves, and returns the grade from the tester's events, which it adds to `events`."""
    try:
        began = next(submission.events(submission.channel), None)
        if began is None:
            return Grade(Verdict.NOT_STARTED, "The project ended while it was started.")
        if began["event"] != "ready":
            return Grade(Verdict.NOT_STARTED, start_failure(began["failure"]))
    except INVALID:
        return Grade(Verdict.NOT_STARTED, NOT_ITS_OWN)
    with closing(_http_tester(suite.stage, path)) as tester:
        for event in submission.events(tester):
            events.append(event)
        result = judge(suite.tests, events, tester.process.wait(10))
    if result.verdict is Verdict.SUSPICIOUS:  # no submission can cause this: the fault is ours
        raise CannotGrade(f"the report of the tests does not add up: {result.why}")
    return result


def _http_tester(stage: Stage, path: str) -> Channel:
    """Starts the process that tests what listens at `path`."""
    return Channel(
        [sys.executable, "-I", "-B", str(HERE / "http_tester.py")],
        {"stage": str(stage.path), "socket": path, "mailbox": MAILBOX},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},  # no PYTEST_ADDOPTS, nothing else that changes a test
    )


def start_failure(failure: Mapping[str, Any]) -> str:
    """Returns why a project did not start. Raises LookupError, TypeError or AttributeError for invalid data."""
    places = failure["places"]
    where = f"{places[-1]['file']}, line {places[-1]['line']}: " if places else ""
    message = str(failure["message"]).strip().partition("\n")[0]
    return cut(f"{where}{failure['type']}{': ' if message else ''}{message}", 500)
