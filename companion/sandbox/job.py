"""Defines a job for a sandbox: script, limits and mounts; and runs it without a sandbox if you trust it."""

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
    """Limits of one submission: `seconds` of wall time, `cpu` seconds and bytes of `memory` for each process and for
    all together, the number of `processes` (threads count), bytes of one file and of the scratch folder."""

    seconds: float = 60
    cpu: int = 60
    memory: int = 1024 * MIB
    processes: int = 48
    file: int = 16 * MIB
    scratch: int = 64 * MIB
    open_files: int = 128


@dataclass(frozen=True, slots=True)
class Job:
    """A Python script to run in a sandbox, and the `order` that it reads from stdin as one line of JSON.

    All paths are those inside the sandbox; `mounts` maps them to paths outside. The script inherits the file
    `descriptors`, and what it prints goes to `log`. `scratch` is an empty folder outside, used without a sandbox.
    """

    script: str
    order: Mapping[str, Any] = field(default_factory=dict)
    mounts: Mapping[str, Path] = field(default_factory=dict)
    scratch: Path = Path(SCRATCH)
    descriptors: Sequence[int] = ()
    log: IO[bytes] | int = subprocess.DEVNULL

    def run(self, python: str, scratch: str, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Starts the script with only these environment variables and `descriptors`.

        It leads its own process group. `before` is a command prefix, such as that of the sandbox.
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
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:  # the caller sees that it has ended
            stdin.write(json.dumps(self.order).encode() + b"\n")
        return process


class Sandbox(Protocol):
    """Where untrusted code runs. `proof` is true if the code is confined there."""

    @property
    def proof(self) -> bool: ...

    def launch(self, job: Job, limits: Limits) -> subprocess.Popen[bytes]:
        """Starts the job as the leader of its own process group."""


@dataclass(frozen=True, slots=True)
class Unsafe:
    """No sandbox, for trusted code on machines without one: only wall time is limited."""

    proof: bool = False

    def launch(self, job: Job, limits: Limits) -> subprocess.Popen[bytes]:
        order = {name: _outside(value, job.mounts) for name, value in job.order.items()}
        return replace(job, script=_outside(job.script, job.mounts), order=order).run(sys.executable, str(job.scratch))


def _outside(value: Any, mounts: Mapping[str, Path]) -> Any:
    """Returns the path outside of the sandbox for a path inside; other values are returned unchanged."""
    for inside, outside in mounts.items():
        if isinstance(value, str) and f"{value}/".startswith(f"{inside}/"):
            return f"{outside}{value.removeprefix(inside)}"
    return value
