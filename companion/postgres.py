"""A PostgreSQL server of our own: a temporary cluster on loopback, gone after use.

Debian's package does not put `initdb` and `postgres` on the PATH, and both refuse to run as root: then they run as an
ordinary user.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN = "/usr/lib/postgresql"
ORDINARY = ("postgres", "nobody")  # who may run it when we are root: the first that there is
NAME = "companion"  # of the role and of the database
# Nothing here outlives a crash of the machine, so nothing has to reach the disk.
OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class NoPostgres(LookupError):
    """PostgreSQL is not installed, or does not start; the message says what to do."""


@contextmanager
def server() -> Iterator[str]:
    """Run a server for the time of the block, and give its address, as `postgres://user:password@host:port/name`.

    Raises NoPostgres.
    """
    binaries = find()
    user = ordinary_user()
    password = secrets.token_hex()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "password").write_text(password, encoding="utf-8")
        if user:
            for path in (folder, folder / "password"):
                shutil.chown(path, user)
        data, log = str(folder / "data"), str(folder / "log")
        init = ["initdb", "-D", data, "-U", NAME, "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
        _run(user, binaries, *init, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = " ".join(f"-c {option}" for option in (*OPTIONS, f"unix_socket_directories={folder}"))
        control = ["pg_ctl", "-D", data, "-w", "-s"]
        _run(user, binaries, *control, "-l", log, "-o", f"-h 127.0.0.1 -p {port} {options}", "start")
        try:
            yield f"postgres://{NAME}:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run(user, binaries, *control, "-m", "immediate", "stop")


def find() -> Path:
    """The folder of the newest PostgreSQL's programs. Raises NoPostgres."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    installed = [path.parent for path in Path(DEBIAN).glob("*/bin/initdb")]
    if not installed:
        raise NoPostgres("PostgreSQL is not installed. On Debian and Ubuntu: sudo apt install postgresql")
    return max(installed, key=lambda path: float(path.parent.name))


def ordinary_user() -> str | None:
    """Whom to run the server as: None for ourselves, as long as we are not root."""
    if os.geteuid() != 0:
        return None
    import pwd  # which Windows does not have

    there = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ORDINARY if name in there)


def _run(user: str | None, folder: Path, program: str, *arguments: str) -> None:
    # A pipe would stay open as long as the server that inherits it.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [folder / program, *arguments],
            user=user,
            extra_groups=[] if user else None,
            cwd="/",
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        if done.returncode:
            output.seek(0)
            raise NoPostgres(f"{program} failed:\n{output.read().strip()}")
