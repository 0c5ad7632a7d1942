"""The system calls that strangers' code does not get: memory that no limit counts, and doors into the kernel.

bubblewrap takes a filter as the kernel reads it: classic BPF, struct sock_filter (linux/filter.h, seccomp(2)).
A call that is refused answers ENOSYS, as an older kernel would, so that libraries fall back.
"""

from __future__ import annotations

import os
import platform
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

# name: number on x86_64, on aarch64 (None: the call does not exist there)
REFUSED: dict[str, tuple[int, int]] = {
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "mq_open": (240, 180), "semget": (64, 190), "msgget": (68, 186),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "fsopen": (430, 430), "open_tree": (428, 428),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "kexec_load": (246, 104),
    "open_by_handle_at": (304, 265),
}  # fmt: skip
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # AUDIT_ARCH_… of linux/audit.h
X32 = 0x40000000  # x86_64 has a second table of calls, numbered from here on

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, NO_SUCH_CALL, KILL = 0x7FFF0000, 0x00050000 | 38, 0x80000000
NUMBER, ARCHITECTURE = 0, 4  # offsets in struct seccomp_data


def program(machine: str) -> bytes:
    """The filter for a machine as `platform.machine()` names it; empty for one whose numbers are not known here."""
    if machine not in ARCHITECTURES:
        return b""
    column, architecture = ARCHITECTURES[machine]
    tests = [(AT_LEAST, X32)] if machine == "x86_64" else []
    tests += [(EQUAL, numbers[column]) for numbers in REFUSED.values()]
    lines = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    lines += [(test, len(tests) - n, 0, value) for n, (test, value) in enumerate(tests)]
    lines += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, NO_SUCH_CALL)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


@contextmanager
def filter_file() -> Iterator[IO[bytes] | None]:
    """The filter for this machine in a file at its beginning; None where there is none."""
    code = program(platform.machine())
    if not code:
        yield None
        return
    with tempfile.TemporaryFile() as file:
        file.write(code)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        yield file
