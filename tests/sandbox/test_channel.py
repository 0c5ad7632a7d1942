"""Reads lines of JSON from another process, which is not trusted."""

import subprocess
import sys
from contextlib import ExitStack, closing

import pytest

from companion.sandbox import supervise
from companion.sandbox.supervise import BadMessage, Channel

SEND = "import json, os, sys; os.write(json.loads(input())['channel'], bytes.fromhex(sys.argv[1]))"


@pytest.fixture
def channel():
    """Returns a channel from a process that sends these bytes."""
    with ExitStack() as stack:

        def channel(sent: bytes) -> Channel:
            command = [sys.executable, "-I", "-c", SEND, sent.hex()]
            return stack.enter_context(closing(Channel(command, {}, most=1000)))

        yield channel


def everything(channel):
    events = []
    while channel.open:
        events += channel.take(10)
    return events


def test_events_are_read_line_by_line(channel):
    assert everything(channel(b'{"event": "a"}\n{"event": "b", "x": 1}\n')) == [{"event": "a"}, {"event": "b", "x": 1}]


def test_a_process_that_has_ended_is_not_killed(monkeypatch):
    """Process ids are reused: another grading's tester was once killed that way."""
    killed = []
    monkeypatch.setattr(supervise.os, "killpg", lambda *arguments: killed.append(arguments))
    channel = Channel(["true"], {})
    channel.process.wait()

    channel.close()

    assert killed == []


def test_a_running_process_is_ended_with_its_children():
    channel = Channel(["sh", "-c", "sleep 1000 & echo; wait"], {}, stdout=subprocess.PIPE)
    with channel.process.stdout as printed:
        printed.readline()

        channel.close()

        assert channel.process.returncode == -9
        assert printed.read() == b""  # the other process had the pipe open, too


def test_half_a_line_is_not_an_event(channel):
    assert everything(channel(b'{"event": "a"}\n{"event": "b"')) == [{"event": "a"}]


@pytest.mark.parametrize(
    "sent",
    [b"x\n", b"[]\n", b"{}\n", b'{"event": 1}\n', b"\xff\n", b"[" * 990 + b"\n", b"x" * 2000, b"9" * 900 + b"\n"],
)
def test_other_messages_raise_an_error(channel, sent):
    with pytest.raises(BadMessage):
        everything(channel(sent))
