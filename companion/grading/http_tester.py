"""The trusted side: runs the stage's tests/test_http.py against a server, and never imports a submission.

`python -I http_tester.py` reads one line of JSON from stdin: `stage` (its folder), `socket` (the path of the
submission's socket), `mailbox` (the path of the submission's emails) and `channel` (the file descriptor to which it
writes lines of JSON). A submission can send nothing but the bytes of HTTP responses, through one socket and with
limits.
"""

import contextlib
import json
import os
import re
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

HOST = "submission"
RESPONSE_BYTES = 256 * 1024  # of one response with its headers: to compare 1 MB of brackets took 400 MB
RESPONSE_SECONDS = 10.0  # until the last byte of a response
SHOWN = 1000  # characters of a failure's message
NOISE = re.compile(r"^\s*(\+\s+(where|and) .*|Use -v to get more diff)\n?", re.MULTILINE)  # details for programmers
MAIL_SECONDS = 5.0  # until an email arrives


class Wire(socket.socket):
    """A connection to the submission, limited by `RESPONSE_SECONDS` and `RESPONSE_BYTES`, however slowly bytes come."""

    def __init__(self, path: str) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self.received, self.deadline = 0, time.monotonic() + RESPONSE_SECONDS
        super().settimeout(RESPONSE_SECONDS)
        self.connect(path)

    def settimeout(self, value: float | None) -> None:
        """Ignored, so that no test can change the limit."""

    def setsockopt(self, *arguments: Any) -> None:
        """Ignored: http.client sets options of TCP, which a Unix socket does not have."""

    def recv_into(self, *arguments: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"the answer took longer than {RESPONSE_SECONDS:.0f} seconds")
        super().settimeout(left)
        count = super().recv_into(*arguments)
        self.received += count
        if self.received > RESPONSE_BYTES:
            raise OSError(f"the answer is longer than {RESPONSE_BYTES} bytes")
        return count


def connect_only_to(path: str) -> None:
    """Connects every new connection of this process to the socket at `path`, and refuses those to another host."""

    def connect(address: tuple[str, int], *rest: Any, **named: Any) -> socket.socket:
        if address != (HOST, 80):
            raise ConnectionRefusedError(f"the tests talk to the submission only, and not to {address[0]}")
        return Wire(path)

    socket.create_connection = connect  # type: ignore[assignment]


@dataclass(slots=True)
class Exchange:
    """A request and its response; `status` is 0 without a response."""

    method: str
    path: str
    status: int = 0
    headers: Any = None


def record_exchanges(exchanges: list[Exchange], mailbox: str) -> None:
    """Adds every request except those for emails to `exchanges`, with the status and headers of its response."""
    handler: Any = urllib.request.AbstractHTTPHandler
    do_open = handler.do_open

    def record(self: Any, connection: Any, request: urllib.request.Request, **options: Any) -> Any:
        exchange = Exchange(request.get_method(), request.selector)
        if not exchange.path.startswith(mailbox):
            exchanges.append(exchange)
        response = do_open(self, connection, request, **options)
        exchange.status, exchange.headers = response.status, response.headers
        return response

    handler.do_open = record


def cause(caught: pytest.ExceptionInfo[BaseException], exchanges: list[Exchange], compared: list[Any]) -> str:
    """Returns a sentence about the request on which a test failed; `compared` is (operator, left, right) or empty."""
    error = caught.value
    asserted = isinstance(error, AssertionError)
    exchange = _exchange_of(caught, exchanges) if asserted else exchanges[-1]
    sent = f"{exchange.method} {exchange.path}"
    answered = f"{sent} ({exchange.status})"
    if asserted and compared:
        op, came, wanted = compared
        if op != "==":
            return f"{answered}: expected {came!r:.200} {op} {wanted!r:.200}."
        return f"{sent if came is exchange.status else answered}: expected {wanted!r:.200}, got {came!r:.200}."
    if asserted:
        return f"{answered}: check failed: {str(caught.traceback[-1].statement).strip()}"
    if not exchange.status:
        return f"{sent}: no response ({getattr(error, 'reason', error)})."
    if exchange.status == 404:
        return f"{sent}: got 404 Not Found."
    if isinstance(error, ValueError):  # raised by json
        return f"{sent}: expected JSON, got {exchange.status} with {exchange.headers.get('Content-Type')!r:.200}."
    if isinstance(error, KeyError):
        return f"{answered}: the response has no {error.args[0]!r:.200}."
    return f"{answered}: {type(error).__name__}: {error}."


def _exchange_of(caught: pytest.ExceptionInfo[BaseException], exchanges: list[Exchange]) -> Exchange:
    """Returns the exchange whose response the failing line uses, or the last one."""
    line = caught.traceback[-1]
    named = [getattr(line.locals.get(name), "headers", None) for name in re.findall(r"\w+", str(line.statement))]
    return next((e for e in exchanges if any(e.headers is headers for headers in named if headers)), exchanges[-1])


class TestPlugin:
    """A pytest plugin: gives the tests a URL and a new password each, and sends the result of each test."""

    def __init__(self, channel: int, mailbox: str) -> None:
        self.channel, self.mailbox, self.count = channel, mailbox, 0
        self.exchanges: list[Exchange] = []
        self.compared: list[Any] = []
        record_exchanges(self.exchanges, mailbox)

    @pytest.fixture
    def base_url(self) -> str:
        return f"http://{HOST}/api"

    @pytest.fixture
    def eight_at_once(self) -> None:
        """Holds no registration: the submission runs in another process, where a test can't delay it."""

    @pytest.fixture
    def mail_to(self) -> Callable[[str], str]:
        """Returns a function that waits for the submission's next email to an address, and returns its text."""

        def mail_to(email: str) -> str:
            end = time.monotonic() + MAIL_SECONDS
            while time.monotonic() < end:
                try:
                    with urllib.request.urlopen(f"http://{HOST}{self.mailbox}{email}") as answer:
                        return str(answer.read().decode(errors="replace"))
                except urllib.error.HTTPError as error:
                    error.close()
                time.sleep(0.05)
            raise LookupError(f"no mail has come to {email}")

        return mail_to

    def pytest_runtest_setup(self, item: Any) -> None:
        """Replaces the test module's PASSWORD by a random one, which a submission can't know in advance."""
        del self.exchanges[:], self.compared[:]
        item.module.PASSWORD = secrets.token_urlsafe(18)

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        self.compared[:] = op, left, right

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Any:
        report = yield
        report.cause = ""
        if call.excinfo and self.exchanges:
            with contextlib.suppress(Exception):  # a value's repr can be endless: then only the message is sent
                report.cause = cause(call.excinfo, self.exchanges, self.compared)
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.count += 1
            crash = getattr(report.longrepr, "reprcrash", None)
            message = NOISE.sub("", str(getattr(crash, "message", report.longrepr or "")))[:SHOWN]
            self.send("test", id=report.nodeid, outcome=report.outcome, message=message, cause=report.cause)

    def send(self, event: str, **data: Any) -> None:
        os.write(self.channel, json.dumps({"event": event, **data}).encode() + b"\n")


def main() -> int:
    """Runs the tests; the exit status is pytest's."""
    job = json.loads(sys.stdin.buffer.readline())
    connect_only_to(job["socket"])
    listener, stage = TestPlugin(job["channel"], job["mailbox"]), job["stage"]
    options = ["-c", os.devnull, "--rootdir", stage, "--import-mode=importlib", "--noconftest"]
    options += ["-p", "no:cacheprovider", "-p", "no:django", "-p", "no:terminal"]
    status = int(pytest.main([*options, f"{stage}/tests/test_http.py"], plugins=[listener]))
    listener.send("end", status=status, count=listener.count)
    return status


if __name__ == "__main__":
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.exit(main())
