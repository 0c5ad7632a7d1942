"""Runs untrusted code in bubblewrap on Linux, as root or as another user.

The sandbox has no network, an empty environment, and one small scratch folder. The system, Python's packages and the
mounts are read-only. The code runs as a user without rights, and can't get any (no user namespaces, no setuid). All
processes in the sandbox end with it, and the sandbox ends with our process.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
SCRATCH = "/tmp"  # the only writable folder inside the sandbox
VENV = "/opt/venv"
LIBRARIES = "/etc/ld.so.cache"
NOBODY = "65534"
APART = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
APART += ["--die-with-parent", "--new-session", "--hostname", "submission"]
RIGHTS = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]  # needed to drop all
OLDEST = (0, 8, 0)  # the first version with --disable-userns and --size
STRANGER = 2_000_000_000  # no user has an id from here on


class NoSandbox(RuntimeError):
    """Raised if this machine can't confine untrusted code; the message says why, and what to do."""


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
class Bubblewrap:
    """bubblewrap at `path`. `root`: change the user too. `inner`: block user namespaces with a second bubblewrap."""

    path: str
    root: bool
    inner: bool = True

    @property
    def python(self) -> str:
        """Returns the path of our Python inside the sandbox, with the packages of our environment."""
        if sys.prefix == sys.base_prefix:
            return str(Path(sys.executable).resolve())
        return f"{VENV}/{Path(sys.executable).relative_to(sys.prefix)}"

    def command(self, limits: Limits, mounts: Mapping[str, Path]) -> list[str]:
        """Returns the command line before the program: namespaces, mounts, user and limits.

        `mounts` maps paths inside the sandbox to paths outside.
        """
        apart, user = [self.path, *APART], []
        if not self.root:
            apart += ["--unshare-user", "--disable-userns", "--uid", NOBODY, "--gid", NOBODY]
        else:
            number = STRANGER + os.getpid()  # a separate user for each sandbox: processes are counted by user
            apart += RIGHTS
            user += ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", "--no-new-privs"]
            user += ["--bounding-set=-all", "--inh-caps=-all"]
            if self.inner:
                user += [self.path, "--unshare-user", "--disable-userns", "--die-with-parent"]
                user += ["--dev-bind", "/", "/", "--"]
        limited = ["prlimit", f"--cpu={limits.cpu}", f"--as={limits.memory}", f"--nproc={limits.processes}"]
        limited += [f"--fsize={limits.file}", f"--nofile={limits.open_files}"]
        limited += ["--core=0", "--memlock=0", "--msgqueue=0"]
        return [*apart, *_mounts(limits, mounts), "--", *user, *limited]


def _mounts(limits: Limits, mounts: Mapping[str, Path]) -> list[str]:
    """Returns options that mount the system, our Python with its packages, `mounts`, and one writable folder."""
    options = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib32", "lib64"):
        if Path("/", name).is_symlink():
            options += ["--symlink", f"usr/{name}", f"/{name}"]
        elif Path("/", name).is_dir():
            options += ["--ro-bind", f"/{name}", f"/{name}"]
    options += ["--proc", "/proc", "--dev", "/dev"]
    options += ["--perms", "1777", "--size", str(limits.scratch), "--tmpfs", SCRATCH, "--chdir", SCRATCH]
    base = Path(sys.base_prefix).resolve()
    wanted = {LIBRARIES: Path(LIBRARIES)} if Path(LIBRARIES).exists() else {}
    wanted |= {} if base.is_relative_to("/usr") else {str(base): base}
    wanted |= {} if sys.prefix == sys.base_prefix else {VENV: Path(sys.prefix)}
    for target, source in {**wanted, **mounts}.items():
        for folder in reversed(Path(target).parents):  # by default, only their owner could read these folders
            if str(folder) not in ("/", "/usr", SCRATCH):
                options += ["--perms", "0755", "--dir", str(folder)]
        options += ["--ro-bind", str(source), target]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/"]


def find() -> Bubblewrap:
    """Returns the sandbox of this machine, after a test. Raises NoSandbox."""
    if sys.platform != "linux":
        raise NoSandbox(
            "Untrusted code runs in bubblewrap, which only Linux has. Grade on Linux, in a virtual machine "
            "for instance, or add --unsafe if you trust every submission."
        )
    path = shutil.which("bwrap")
    if path is None:
        raise NoSandbox(
            "bubblewrap is not installed: `sudo apt install bubblewrap` or `sudo dnf install bubblewrap`. "
            "Without it, --unsafe grades only submissions that you trust."
        )
    said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60).stdout
    version = tuple(map(int, re.findall(r"\d+", said)[:3]))
    if version < OLDEST:
        raise NoSandbox(
            f"This is {said.strip()}, and bubblewrap 0.8.0 is the oldest that will do. Debian 12 and "
            "Ubuntu 24.04 have it."
        )
    root = os.geteuid() == 0
    for inner in (True, False) if root else (True,):
        sandbox = Bubblewrap(path, root, inner)
        command = [*sandbox.command(Limits(), {}), sandbox.python, "-I", "-c", "print('inside')"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.stdout == "inside\n":
            return sandbox
    remedy = "In a container, start the container with --privileged (Docker, Podman), or grade outside of it."
    if not root:
        remedy = (
            "It needs user namespaces. On Ubuntu 24.04: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`; "
            "in a container, start the container with --privileged, or grade outside of it; or grade as root."
        )
    error = done.stderr.strip()[-300:] or f"exit status {done.returncode}"
    raise NoSandbox(f"bubblewrap is installed and may not make a sandbox here: {error}\n{remedy}")
