"""The trusted side: runs the stage's tests/test_http.py against a server, and never imports a submission.

Started as `python -I trusted.py`. Reads one line of JSON from stdin: `stage` (its folder), `socket` (the path of the
submission's socket; "" to list the tests only) and `channel` (the descriptor to which it writes lines of JSON).
All that a stranger can send here are the bytes of HTTP answers: few enough, soon enough, from one socket only.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest

from companion.checking.server import MAILBOX

HOST = "submission"
ANSWER_BYTES = 256 * 1024  # of one answer, headers included: to compare 1 MB of nothing but brackets took 400 MB
ANSWER_SECONDS = 10.0  # until the last byte of one answer
SHOWN = 1000  # characters of a failure's message
MAIL_SECONDS = 5.0  # until a mail is there


class Wire(socket.socket):
    """A connection to the submission that ends after so many bytes and seconds, whatever comes and however slowly."""

    def __init__(self, path: str) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self.received = 0
        self.deadline = time.monotonic() + ANSWER_SECONDS
        super().settimeout(ANSWER_SECONDS)
        self.connect(path)

    def settimeout(self, value: float | None) -> None:
        """The limit stands, whatever a test asks for."""

    def setsockopt(self, *arguments: Any) -> None:
        """A Unix socket has none of the options of TCP that http.client sets."""

    def recv_into(self, *arguments: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"the answer took longer than {ANSWER_SECONDS:.0f} seconds")
        super().settimeout(left)
        count = super().recv_into(*arguments)
        self.received += count
        if self.received > ANSWER_BYTES:
            raise OSError(f"the answer is longer than {ANSWER_BYTES} bytes")
        return count


def only_to(path: str) -> None:
    """Let every new connection of this process lead to the socket at `path`, and refuse those meant for another."""

    def connect(address: tuple[str, int], *rest: Any, **named: Any) -> socket.socket:
        if address != (HOST, 80):
            raise ConnectionRefusedError(f"the tests talk to the submission only, and not to {address[0]}")
        return Wire(path)

    socket.create_connection = connect  # type: ignore[assignment]


class Listener:
    """pytest's side: gives the tests an address and a new password each, and tells how each of them ended."""

    def __init__(self, channel: int) -> None:
        self.channel, self.count = channel, 0

    @pytest.fixture
    def base_url(self) -> str:
        return f"http://{HOST}/api"

    @pytest.fixture
    def mail_to(self) -> Callable[[str], str]:
        """The text of the next mail to somebody. It comes from the submission, as bytes of an answer like any other."""

        def mail_to(email: str) -> str:
            end = time.monotonic() + MAIL_SECONDS
            while time.monotonic() < end:
                try:
                    with urllib.request.urlopen(f"http://{HOST}{MAILBOX}{email}") as answer:
                        return str(answer.read().decode(errors="replace"))
                except urllib.error.HTTPError as error:
                    error.close()
                time.sleep(0.05)
            raise LookupError(f"no mail has come to {email}")

        return mail_to

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        tests = {item.nodeid: getattr(item, "function", None).__doc__ or "" for item in session.items}
        self.send("collected", tests=tests)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A password that nobody can know beforehand, for tests that have one in PASSWORD."""
        module = getattr(item, "module", None)
        if isinstance(getattr(module, "PASSWORD", None), str):
            module.PASSWORD = secrets.token_urlsafe(18)  # type: ignore[union-attr]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.count += 1
            crash = getattr(report.longrepr, "reprcrash", None)
            message = str(getattr(crash, "message", report.longrepr or ""))[:SHOWN]
            self.send("test", id=report.nodeid, outcome=report.outcome, message=message)

    def send(self, event: str, **facts: Any) -> None:
        os.write(self.channel, json.dumps({"event": event, **facts}).encode() + b"\n")


def main() -> int:
    """Run or list the tests; the exit status is pytest's."""
    job = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    only_to(job["socket"])
    listener = Listener(job["channel"])
    stage = job["stage"]
    options = ["-c", os.devnull, "--rootdir", stage, "--import-mode=importlib", "--noconftest"]
    options += ["-p", "no:cacheprovider", "-p", "no:django", "-p", "no:terminal"]
    options += [] if job["socket"] else ["--collect-only"]
    status = int(pytest.main([*options, f"{stage}/tests/test_http.py"], plugins=[listener]))
    listener.send("end", status=status, count=listener.count)
    return status


def _end_with_the_parent() -> None:
    while os.read(0, 1024):  # nothing more comes: it ends when the parent does, however it ends
        pass
    os._exit(1)


if __name__ == "__main__":
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    sys.exit(main())
