"""What holds strangers: limits of what the trusted side reads, and the sentence where nothing holds."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from companion.grading import http_tester
from companion.grading.sandbox import bubblewrap
from companion.grading.sandbox.bubblewrap import NoSandbox
from companion.grading.sandbox.job import Limits
from companion.grading.workers import NoExecutor, workers
from companion.running import channel as channels
from companion.running.channel import BadMessage, Channel


@pytest.fixture
def answering(tmp_path):
    """A server that sends these bytes to whoever connects; returns the path of its socket."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        held, threads = [], []

        def answering(*pieces: bytes) -> str:
            def serve():
                connection = server.accept()[0]
                held.append(connection)
                for piece in pieces:
                    connection.sendall(piece)

            threads.append(threading.Thread(target=serve, daemon=True))
            threads[-1].start()
            return path

        yield answering
        for thread in threads:
            thread.join()
        for connection in held:
            connection.close()


def test_a_long_answer_is_cut_off(answering, monkeypatch):
    monkeypatch.setattr(http_tester, "ANSWER_BYTES", 1000)
    with http_tester.Wire(answering(bytes(2000))) as wire:
        assert wire.recv_into(bytearray(600), 600, socket.MSG_WAITALL) == 600
        with pytest.raises(OSError, match="longer than 1000 bytes"):
            wire.recv_into(bytearray(600), 600, socket.MSG_WAITALL)


def test_a_slow_answer_is_cut_off_however_it_drips(answering, monkeypatch):
    """The time counts from the first byte sent to the last byte read: each byte buys no time for the next."""
    clock = iter([0.0, 5.0, 9.0, 11.0])
    monkeypatch.setattr(http_tester, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with http_tester.Wire(answering(b"HTTP")) as wire:
        assert wire.recv_into(bytearray(1)) == 1
        assert wire.recv_into(bytearray(1)) == 1
        with pytest.raises(TimeoutError, match="longer than 10 seconds"):
            wire.recv_into(bytearray(1))


def test_no_test_can_lengthen_the_time(answering):
    with http_tester.Wire(answering()) as wire:
        wire.settimeout(None)
        assert wire.gettimeout() == http_tester.ANSWER_SECONDS


def test_connections_lead_to_the_submission_or_nowhere(answering, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", socket.create_connection)
    http_tester.only_to(answering(b"hello"))

    with socket.create_connection(("submission", 80)) as wire:
        assert wire.makefile("rb").read(5) == b"hello"
    for address in [("submission", 443), ("127.0.0.1", 80), ("localhost", 80)]:
        with pytest.raises(ConnectionRefusedError, match="the tests talk to the submission only"):
            socket.create_connection(address)


@pytest.fixture
def channel():
    """A channel from a process that writes these bytes."""
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


def test_whoever_has_ended_is_not_killed_by_number(monkeypatch):
    """Numbers of processes come round again: another grading's tester was killed so."""
    killed = []
    monkeypatch.setattr(channels.os, "killpg", lambda *arguments: killed.append(arguments))
    process = subprocess.Popen(["true"], start_new_session=True)
    process.wait()

    channels.end(process)

    assert killed == []


def test_whoever_has_not_ended_is_ended_with_all_it_has_started():
    process = subprocess.Popen(["sh", "-c", "sleep 1000 & echo; wait"], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()

    channels.end(process)

    assert process.returncode == -9
    assert process.stdout.read() == b""  # the other one had it open, too
    process.stdout.close()


def test_half_a_line_is_no_event(channel):
    assert everything(channel(b'{"event": "a"}\n{"event": "b"')) == [{"event": "a"}]


@pytest.mark.parametrize(
    "sent",
    [b"x\n", b"[]\n", b"{}\n", b'{"event": 1}\n', b"\xff\n", b"[" * 990 + b"\n", b"x" * 2000, b"9" * 900 + b"\n"],
)
def test_what_is_no_event_is_babble(channel, sent):
    with pytest.raises(BadMessage):
        everything(channel(sent))


APART = (
    "bwrap --unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try --die-with-parent --new-session"
)
APART += " --hostname submission"
SEEN = "--proc /proc --dev /dev --perms 1777 --size 1000 --tmpfs /tmp --chdir /tmp"
LAST = (
    "--perms 0755 --dir /opt --perms 0755 --dir /opt/x --ro-bind /elsewhere /opt/x/y --remount-ro /dev --remount-ro /"
)
LIMITED = "prlimit --cpu=60 --as=1073741824 --nproc=48 --fsize=16777216 --nofile=128 --core=0 --memlock=0 --msgqueue=0"


def words(**how) -> list[str]:
    return bubblewrap.Bubblewrap("bwrap", **how).command(Limits(scratch=1000), {"/opt/x/y": Path("/elsewhere")})


def command(**how) -> str:
    return " ".join(words(**how))


def between(line: str, first: str, last: str) -> str:
    """What stands after `first` and before `last`; each is there once."""
    assert (line.count(first), line.count(last)) == (1, 1), line
    return line.partition(first)[2].partition(last)[0].strip()


def test_for_a_user_everything_is_unshared_and_no_door_is_left():
    made = command(root=False)

    assert made.startswith(f"{APART} --unshare-user --disable-userns --uid 65534 --gid 65534 --ro-bind /usr /usr ")
    assert between(made, LAST, LIMITED) == "--"
    assert SEEN in made


@pytest.mark.parametrize(("inner", "ends"), [
    (True, "bwrap --unshare-user --disable-userns --die-with-parent --dev-bind / / --"),
    (False, ""),
])  # fmt: skip
def test_for_root_the_user_is_another_too(inner, ends):
    made = command(root=True, inner=inner)
    number = 2_000_000_000 + os.getpid()
    user = f"-- setpriv --reuid={number} --regid={number} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"

    rights = "--cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP"
    assert made.startswith(f"{APART} {rights} --ro-bind /usr /usr ")
    assert between(made, LAST, user) == ""
    assert between(made, user, LIMITED) == ends
    assert SEEN in made


def test_nothing_of_the_instructor_is_mounted():
    """Beside the system and Python there are only the mounts that were asked for."""
    made = words(root=False)
    sources = {made[n + 1] for n, word in enumerate(made) if word in ("--ro-bind", "--bind", "--dev-bind")}

    assert sources - {"/usr", "/etc/ld.so.cache", "/elsewhere", sys.prefix, str(Path(sys.base_prefix).resolve())} <= {
        "/bin", "/lib", "/lib32", "/lib64"
    }  # fmt: skip


def test_without_linux_there_is_no_sandbox(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(NoSandbox, match="which only Linux has. Grade on Linux, in a virtual machine"):
        bubblewrap.find()


def test_without_bubblewrap_there_is_no_sandbox(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    with pytest.raises(NoSandbox, match="bubblewrap is not installed: `sudo apt install bubblewrap`"):
        bubblewrap.find()


@pytest.fixture
def fake_bwrap(tmp_path, monkeypatch):
    """A bwrap that prints a version, and fails with a message when it shall run something."""

    def fake_bwrap(version, message):
        path = tmp_path / "bwrap"
        path.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "bubblewrap {version}" && exit\necho "{message}" >&2; exit 1\n'
        )
        path.chmod(0o755)
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: str(path))

    return fake_bwrap


def test_an_old_bubblewrap_will_not_do(fake_bwrap):
    fake_bwrap("0.6.1", "")
    with pytest.raises(NoSandbox, match=r"This is bubblewrap 0.6.1, and bubblewrap 0.8.0 is the oldest that will do"):
        bubblewrap.find()


@pytest.mark.parametrize(("user", "remedy"), [(0, "--privileged"), (1000, "apparmor_restrict_unprivileged_userns=0")])
def test_where_bubblewrap_may_not_work_it_says_why_and_what_to_do(fake_bwrap, monkeypatch, user, remedy):
    monkeypatch.setattr(bubblewrap.os, "geteuid", lambda: user)
    fake_bwrap("0.9.0", "bwrap: Creating new namespace failed: Operation not permitted")
    with pytest.raises(NoSandbox, match="may not make a sandbox here: bwrap: Creating new namespace failed") as caught:
        bubblewrap.find()
    assert remedy in str(caught.value)


@pytest.mark.parametrize("named", ["dusk", "nonsense:x", "os:nonsense", "os:sep", "dask://127.0.0.1:1"])
def test_an_executor_that_is_none_is_refused(named):
    with pytest.raises(NoExecutor):
        workers(named, 1)


def test_any_executor_can_be_named():
    made = workers("concurrent.futures:ThreadPoolExecutor", 3)

    with made.executor() as executor:
        assert executor.submit(pow, 2, 3).result() == 8
    assert made.at_once == 6
