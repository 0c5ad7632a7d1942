"""What untrusted code is started with: limits, mounts, an order; and the way to start it without any sandbox."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Protocol

MIB = 1024 * 1024
SCRATCH = "/tmp"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one submission may use: `seconds` of wall time, `cpu` seconds and bytes of `memory` for each process and
    for all together, a number of `processes` (threads count), bytes of one file and of the scratch folder."""

    seconds: float = 60
    cpu: int = 60
    memory: int = 1024 * MIB
    processes: int = 48
    file: int = 16 * MIB
    scratch: int = 64 * MIB
    open_files: int = 128


@dataclass(frozen=True, slots=True)
class Job:
    """A Python script to run inside: its path and the `order` that it reads from stdin as one line of JSON, with
    all paths as they are inside, and what is mounted where.

    `descriptors` are the file descriptors that it inherits. What it prints goes to `log`. `scratch` is an empty
    folder for its files, used where there is no sandbox to have one inside.
    """

    script: str
    order: Mapping[str, Any] = field(default_factory=dict)
    mounts: Mapping[str, Path] = field(default_factory=dict)
    scratch: Path = Path(SCRATCH)
    descriptors: Sequence[int] = ()
    log: IO[bytes] | int = subprocess.DEVNULL

    def run(self, python: str, scratch: str, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start the script with a Python, which sees no variables but these and inherits nothing else.

        It leads a process group of its own. `before` is a command that runs another.
        """
        process = subprocess.Popen(
            [*before, python, "-I", "-B", "-u", "-X", "utf8", self.script],
            stdin=subprocess.PIPE,
            stdout=self.log,
            stderr=self.log,
            pass_fds=self.descriptors,
            start_new_session=True,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": scratch,
                "TMPDIR": scratch,
                "LANG": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            cwd="/",
        )
        assert process.stdin
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:  # if it has ended, that will be seen
            stdin.write(json.dumps(self.order).encode() + b"\n")
        return process


class Sandbox(Protocol):
    """Where untrusted code runs. `proof` says whether it is confined there."""

    @property
    def proof(self) -> bool: ...

    def launch(self, job: Job, limits: Limits) -> subprocess.Popen[bytes]:
        """Start the job, as the leader of a process group of its own."""


@dataclass(frozen=True, slots=True)
class Unsafe:
    """No sandbox at all, for machines without one and code that is trusted: only the wall time is limited."""

    proof: bool = False

    def launch(self, job: Job, limits: Limits) -> subprocess.Popen[bytes]:
        order = {name: _outside(value, job.mounts) for name, value in job.order.items()}
        return replace(job, script=_outside(job.script, job.mounts), order=order).run(sys.executable, str(job.scratch))


def _outside(value: Any, mounts: Mapping[str, Path]) -> Any:
    """A path as it is outside of the sandbox; anything else as it is."""
    for inside, outside in mounts.items():
        if isinstance(value, str) and f"{value}/".startswith(f"{inside}/"):
            return f"{outside}{value.removeprefix(inside)}"
    return value
