"""Grades a project over HTTP: the sandbox serves it, and a separate process runs the stage's tests against it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from companion.chain.stages import Stage
from companion.grading.verdicts import Grade, Verdict, exceeded, judge, start_failure
from companion.running.channel import MAILBOX, BadMessage, Channel
from companion.sandbox.job import Limits, Sandbox
from companion.sandbox.supervise import COMPANION, SUBMISSION, Exceeded, Watched, watched

HERE = Path(__file__).parent
TESTS = "tests/test_http.py"
SERVE = f"{COMPANION}/running/child/serve.py"
SOCKET = "socket"
FROM_SUBMISSION, FROM_US = 256 * 1024, 16 * 1024 * 1024  # bytes


class GraderFailed(RuntimeError):
    """Raised if the trusted side itself fails; the message says how."""


def has_http_tests(stage: Stage) -> bool:
    """Returns whether the stage has tests that can run against any server."""
    return (stage.path / TESTS).is_file()


def expected_tests(stage: Stage) -> dict[str, str]:
    """Returns the stage's tests over HTTP: their ids in order, each with its docstring. Raises GraderFailed."""
    events: list[dict[str, Any]] = []
    with _tester(stage, "") as tester:
        while tester.open:
            events += tester.take(60)
        status = tester.process.wait(10)
    tests = next((dict(event["tests"]) for event in events if event["event"] == "collected"), {})
    if status or not tests:
        raise GraderFailed(f"{stage}: pytest cannot collect {TESTS} (exit status {status})")
    return tests


def grade_served(stage: Stage, tests: Mapping[str, str], project: Path, sandbox: Sandbox, limits: Limits) -> Grade:
    """Serves `project`, the folder of manage.py, in the sandbox, and runs the stage's tests against it.

    `tests` come from `expected_tests`. Raises GraderFailed.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="served-")))
        with socket.socket(socket.AF_UNIX) as listening:  # only its descriptor is passed: a path could be replaced
            listening.bind(str(folder / SOCKET))
            listening.listen(64)
            order = {"socket": listening.fileno(), "mailbox": MAILBOX}
            place = (sandbox, limits, folder)
            server = stack.enter_context(
                watched(SERVE, order, {SUBMISSION: project}, place, FROM_SUBMISSION, [listening.fileno()])
            )
        result = _started(server)
        if result is None:
            result = _tested(stack.enter_context(_tester(stage, str(folder / SOCKET))), list(tests), server)
        result.expected, result.proof = len(tests), sandbox.proof
        result.output = server.last_words()
        return result


@contextmanager
def _tester(stage: Stage, path: str) -> Iterator[Channel]:
    """Starts the tests against the socket at `path`; that process ends with ours, because it reads stdin to the end."""
    read, write = os.pipe()
    command = [sys.executable, "-I", "-B", str(HERE / "http_tester.py")]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[write],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},  # no PYTEST_ADDOPTS, nothing else that changes a test
        start_new_session=True,
    )
    os.close(write)
    with closing(Channel(process, read, FROM_US)) as channel:
        assert process.stdin
        process.stdin.write(json.dumps({"stage": str(stage.path), "socket": path, "channel": write}).encode() + b"\n")
        process.stdin.flush()
        yield channel


def _started(server: Watched) -> Grade | None:
    """Waits until the server is ready. Returns None then, or a grade that says why it did not start."""
    try:
        for event in server.events(server.channel):
            if event["event"] == "ready":
                return None
            return Grade(Verdict.NOT_STARTED, start_failure(event["failure"]))
    except Exceeded as error:
        return exceeded(error)
    except (BadMessage, LookupError, TypeError, AttributeError):
        return Grade(Verdict.NOT_STARTED, "The project wrote into a file descriptor that is not its own.")
    return Grade(Verdict.NOT_STARTED, "The project ended while it was started.")


def _tested(tester: Channel, tests: list[str], server: Watched) -> Grade:
    """Returns the grade from the tester's events, until it ends or the project exceeds its time or memory."""
    events: list[dict[str, Any]] = []
    try:
        for event in server.events(tester):
            events.append(event)
    except Exceeded as error:
        return replace(exceeded(error), outcomes=judge(tests, events, None).outcomes)
    try:
        result = judge(tests, events, tester.process.wait(10))
    except subprocess.TimeoutExpired:
        raise GraderFailed("the tests were over and their process did not end") from None
    if result.verdict is Verdict.SUSPICIOUS:  # no submission can cause this: the fault is ours
        raise GraderFailed(f"the report of the tests does not add up: {result.why}")
    return result
