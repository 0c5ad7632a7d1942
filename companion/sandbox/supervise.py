"""Runs a submission in the sandbox, within its limits of time and memory."""

import json
import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from companion.sandbox.bubblewrap import SCRATCH, Bubblewrap, Limits

HOME = Path(__file__).parents[1]
TUTORIAL, SUBMISSION = "/opt/tutorial", "/submission"  # paths inside the sandbox
COMPANION = f"{TUTORIAL}/companion"
BEAT = 0.1  # seconds between two measurements of memory
MOST = 16 * 1024 * 1024  # bytes of a process's events
LAST_WORDS = 4000  # bytes of a submission's output that are kept
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}  # also in the processes that a test starts
FILE = 1024  # bytes of kernel memory that each file needs, even if it is empty

interrupted = threading.Event()  # set if the whole run is interrupted: running submissions then end


class BadMessage(ValueError):
    """Raised for bytes that are not lines of JSON, or for too many bytes."""


class Exceeded(Exception):
    """Raised if a submission has used up its time or memory; the message is for the student."""

    def __init__(self, message: str, memory: bool = False) -> None:
        super().__init__(message)
        self.memory = memory


class Channel:
    """A process, which leads a process group, and the pipe to which it writes events as lines of JSON.

    The process reads `order` from stdin as one line of JSON; `channel` in it is the file descriptor of the pipe. It
    inherits the file `descriptors`, and can send `most` bytes. `popen` has the other arguments of Popen.
    """

    def __init__(
        self, command: list[str], order: dict[str, Any], descriptors: Sequence[int] = (), most: int = MOST, **popen: Any
    ) -> None:
        self.left, self.open, self._rest = most, True, b""
        self.descriptor, write = os.pipe()
        try:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=[*descriptors, write], start_new_session=True, **popen
            )
        finally:
            os.close(write)
        assert self.process.stdin
        with suppress(BrokenPipeError), self.process.stdin as stdin:  # if it has ended, the pipe is closed
            stdin.write(json.dumps({**order, "channel": write}).encode() + b"\n")

    def take(self, seconds: float) -> list[dict[str, Any]]:
        """Returns the events that arrive within `seconds`, or []. Raises BadMessage."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return []
        data = os.read(self.descriptor, 65536)
        self.open = bool(data)
        self.left -= len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            events = [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            raise BadMessage("no JSON") from None
        valid = all(isinstance(event, dict) and isinstance(event.get("event"), str) for event in events)
        if self.left < 0 or not valid:
            raise BadMessage("too many bytes, or no event")
        return events

    def close(self) -> None:
        """Closes the pipe, and kills the process and its process group, which it leads.

        A process that has been waited for is not killed: another process may have its number by now.
        """
        os.close(self.descriptor)
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass(frozen=True, slots=True)
class Watched:
    """A running submission: it must end before `deadline` (time.monotonic()); what it prints goes to `log`."""

    channel: Channel
    log: IO[bytes]
    limits: Limits
    deadline: float

    def events(self, channel: Channel) -> Iterator[dict[str, Any]]:
        """Yields the events of a channel until it closes. Raises Exceeded and BadMessage."""
        while channel.open:
            yield from channel.take(BEAT)
            if interrupted.is_set():
                raise KeyboardInterrupt
            if time.monotonic() > self.deadline:
                raise Exceeded(f"The project did not answer within {self.limits.seconds:.0f} seconds.")
            if memory_of(self.channel.process.pid) > self.limits.memory:
                megabytes = self.limits.memory >> 20
                raise Exceeded(f"The project took more than {megabytes} MB of memory.", memory=True)

    def last_words(self) -> str:
        """Returns the end of what the submission printed."""
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - LAST_WORDS))
        return self.log.read(LAST_WORDS).decode(errors="replace")


@contextmanager
def watched(
    script: Path,
    project: Path,
    order: dict[str, Any],
    sandbox: Bubblewrap | None,
    limits: Limits,
    mounts: Mapping[str, Path],
    descriptors: Sequence[int] = (),
    most: int = MOST,
) -> Iterator[Watched]:
    """Runs a script of the companion on a project, in a sandbox, or without one if you trust the project.

    The script finds the project's folder in its order. `mounts` maps more paths inside the sandbox to paths outside.
    The other arguments are explained in `Channel`.
    """
    with tempfile.TemporaryDirectory(prefix="scratch-") as folder, tempfile.TemporaryFile() as log:
        if sandbox:
            command = [*sandbox.command(limits, {COMPANION: HOME, SUBMISSION: project, **mounts}), sandbox.python]
            program, place, scratch = f"{COMPANION}/{script.relative_to(HOME)}", SUBMISSION, SCRATCH
        else:
            command, program, place, scratch = [sys.executable], str(script), str(project), folder
        channel = Channel(
            [*command, "-I", "-B", "-u", "-X", "utf8", program],
            {"project": place, **order},
            descriptors,
            most,
            stdout=log,
            stderr=log,
            env={"PATH": "/usr/bin:/bin", "HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8"} | NO_BYTECODE,
            cwd="/",
        )
        with closing(channel):
            yield Watched(channel, log, limits, time.monotonic() + limits.seconds)


def memory_of(process: int) -> int:
    """Returns how many bytes of memory the process and its descendants use, or 0 if that can't be read.

    Processes that have ended don't count. Pages that two processes share count twice, their scratch folder once.
    """
    total, scratch, waiting = 0, 0, [process]
    while waiting:
        folder = Path("/proc", str(waiting.pop()))
        scratch = max(scratch, _files_of(folder))
        with suppress(OSError, IndexError):
            total += int((folder / "statm").read_text().split()[1]) * mmap.PAGESIZE
            for thread in (folder / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
    return total + scratch


def _files_of(process: Path) -> int:
    """Returns the bytes of the process's scratch folder if it is a tmpfs of its own, else 0."""
    place = f"{process}/root{SCRATCH}"
    try:
        if os.stat(place).st_dev == os.stat(SCRATCH).st_dev:
            return 0
        used = os.statvfs(place)
    except OSError:
        return 0
    return (used.f_blocks - used.f_bfree) * used.f_frsize + (used.f_files - used.f_ffree) * FILE
