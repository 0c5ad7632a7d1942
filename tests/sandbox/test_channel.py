"""Reads lines of JSON from another process, which is not trusted."""

import os
import subprocess
import sys

import pytest

from companion.sandbox import supervise
from companion.sandbox.supervise import BadMessage, Channel


@pytest.fixture
def channel():
    """Returns a channel from a process that writes these bytes."""
    opened = []

    def channel(sent: bytes, most: int = 1000) -> Channel:
        code = f"import sys; sys.stdout.buffer.write({sent!r})"
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
        opened.append(process)
        return Channel(process, process.stdout.fileno(), most)

    yield channel
    for process in opened:
        process.wait()
        process.stdout.close()


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
    process = subprocess.Popen(["true"], start_new_session=True)
    process.wait()

    Channel(process, os.open(os.devnull, os.O_RDONLY), 0).close()

    assert killed == []


def test_a_running_process_is_ended_with_its_children():
    process = subprocess.Popen(["sh", "-c", "sleep 1000 & echo; wait"], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()

    Channel(process, os.dup(process.stdout.fileno()), 0).close()

    assert process.returncode == -9
    assert process.stdout.read() == b""  # the other process had the pipe open, too
    process.stdout.close()


def test_half_a_line_is_not_an_event(channel):
    assert everything(channel(b'{"event": "a"}\n{"event": "b"')) == [{"event": "a"}]


@pytest.mark.parametrize(
    "sent",
    [b"x\n", b"[]\n", b"{}\n", b'{"event": 1}\n', b"\xff\n", b"[" * 990 + b"\n", b"x" * 2000, b"9" * 900 + b"\n"],
)
def test_other_messages_raise_an_error(channel, sent):
    with pytest.raises(BadMessage):
        everything(channel(sent))
