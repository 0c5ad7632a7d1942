"""The system calls that strangers' code does not get: memory that no limit counts, doors into the kernel, more time.

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
    "setsid": (112, 157),  # the scheduler shares out the processors by session: a session more, a share more
}  # fmt: skip

SOCKET_CALLS = ((41, 198), (53, 199))  # socket, socketpair: their first argument is a family
FAMILIES = (1, 16)  # AF_UNIX, AF_NETLINK; AF_VSOCK for one leads out of every namespace, and TCP keeps megabytes
SETSOCKOPT, SOL_SOCKET = (54, 208), 1
BUFFERS = (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF and the two that force: a buffer is memory that no limit counts

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # AUDIT_ARCH_… of linux/audit.h
X32 = 0x40000000  # x86_64 has a second table of calls, numbered from here on

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, NO_SUCH_CALL, KILL = 0x7FFF0000, 0x00050000 | 38, 0x80000000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, (16, 24, 32)  # offsets in struct seccomp_data, of an argument's lower half
NEXT, ALLOWED, REFUSE = range(3)  # where a test leads: to the line below it, or to one of the two ends

Line = tuple[int, int, int, int]  # the code, where to go when it is so and when not (NEXT for all else), the value


def program(machine: str) -> bytes:
    """The filter for a machine as `platform.machine()` names it; empty for one whose numbers are not known here."""
    if machine not in ARCHITECTURES:
        return b""
    column, architecture = ARCHITECTURES[machine]
    lines: list[Line] = [(AT_LEAST, REFUSE, NEXT, X32)] if machine == "x86_64" else []
    lines += [(EQUAL, REFUSE, NEXT, numbers[column]) for numbers in REFUSED.values()]
    for numbers in SOCKET_CALLS:
        families: list[Line] = [(EQUAL, ALLOWED, NEXT, family) for family in FAMILIES[:-1]]
        families.append((EQUAL, ALLOWED, REFUSE, FAMILIES[-1]))
        lines += _when(numbers[column], [(LOAD, NEXT, NEXT, ARGUMENTS[0]), *families])
    options: list[Line] = [(EQUAL, REFUSE, NEXT, option) for option in BUFFERS]
    level: list[Line] = [(LOAD, NEXT, NEXT, ARGUMENTS[1]), (EQUAL, NEXT, ALLOWED, SOL_SOCKET)]
    lines += _when(SETSOCKOPT[column], [*level, (LOAD, NEXT, NEXT, ARGUMENTS[2]), *options])
    known = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    ends = [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, NO_SUCH_CALL)]
    whole = [*known, *_placed(lines), *ends]
    return b"".join(struct.pack("=HBBI", *line) for line in whole)


def _when(number: int, lines: list[Line]) -> list[Line]:
    """Lines for one call only, which look at its arguments: whoever comes to their end is allowed."""
    return [(EQUAL, NEXT, -len(lines) - 2, number), *lines, (LOAD, NEXT, NEXT, NUMBER)]


def _placed(lines: list[Line]) -> list[Line]:
    """The lines with distances in place of names: how many lines to leave out (a negative number is one already)."""

    def distance(here: int, to: int) -> int:
        left = len(lines) - here - 1
        return {NEXT: 0, ALLOWED: left, REFUSE: left + 1}.get(to, -to - 1)

    return [(code, distance(n, yes), distance(n, no), value) for n, (code, yes, no, value) in enumerate(lines)]


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
