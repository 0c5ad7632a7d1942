"""What strangers' code is started with: limits, mounts, an order; and the way to start it without any sandbox."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    order: dict[str, Any] = field(default_factory=dict)
    mounts: dict[str, Path] = field(default_factory=dict)
    scratch: Path = Path(SCRATCH)
    descriptors: Sequence[int] = ()
    log: IO[bytes] | int = subprocess.DEVNULL


class Sandbox(Protocol):
    """Where strangers' code runs. `proof` says whether it is held there."""

    @property
    def proof(self) -> bool: ...

    def start(self, job: Job, limits: Limits) -> subprocess.Popen[bytes]:
        """Start the job, as the leader of a process group of its own."""


@dataclass(frozen=True, slots=True)
class Unsafe:
    """No sandbox at all, for machines without one and code that is trusted: only the wall time is limited."""

    proof: bool = False

    def start(self, job: Job, limits: Limits) -> subprocess.Popen[bytes]:
        script, order = _outside(job.script, job.mounts), _outside(job.order, job.mounts)
        return launch(python(sys.executable, script), job, order, job.descriptors, variables(str(job.scratch)))


def python(executable: str, script: str) -> list[str]:
    """The command that runs a script: isolated from the environment, with all output at once."""
    return [executable, "-I", "-B", "-u", "-X", "utf8", script]


def variables(scratch: str) -> dict[str, str]:
    """All variables that strangers' code gets to see."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _outside(value: Any, names: dict[str, Path]) -> Any:
    """A path, or what holds paths, as it is outside of the sandbox."""
    if isinstance(value, list):
        return [_outside(part, names) for part in value]
    if isinstance(value, dict):
        return {name: _outside(part, names) for name, part in value.items()}
    for inside, outside in names.items():
        if isinstance(value, str) and (value == inside or value.startswith(f"{inside}/")):
            return f"{outside}{value.removeprefix(inside)}"
    return value


def launch(
    command: list[str], job: Job, order: dict[str, Any], descriptors: Sequence[int], env: dict[str, str]
) -> subprocess.Popen[bytes]:
    """Run a command that reads `order` from stdin, with these descriptors and this environment and no more."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=job.log,
        stderr=job.log,
        pass_fds=descriptors,
        start_new_session=True,
        env=env,
        cwd="/",
    )
    assert process.stdin
    with contextlib.suppress(BrokenPipeError), process.stdin as stdin:  # when it has ended already, that will be seen
        stdin.write(json.dumps(order).encode() + b"\n")
    return process
