"""The command that confines untrusted code, and the message if nothing can confine it."""

import os
import sys
from pathlib import Path

import pytest

from companion.sandbox import bubblewrap
from companion.sandbox.bubblewrap import Limits, NoSandbox

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
    """Returns the arguments between `first` and `last`, each of which occurs once."""
    assert (line.count(first), line.count(last)) == (1, 1), line
    return line.partition(first)[2].partition(last)[0].strip()


def test_for_an_ordinary_user_everything_is_unshared():
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
    """Besides the system and Python, only the given mounts are mounted."""
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
    """A bwrap that prints a version, and fails with a message if it is to run something."""

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
