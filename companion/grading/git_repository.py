"""Reads the commit that a stranger's git repository has checked out, without obeying anything that stands in it.

Neither its configuration nor its hooks are read: git works in an empty repository of ours that only looks into the
stranger's objects, and nothing is checked out. So no filter, no hook and no program that it names is ever started.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Protocol

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
BRANCH = re.compile(r"ref: (refs/heads/(?!.*\.\.)[^\s\0]+)")
SMALL = 1024 * 1024  # bytes of a file that names commits
TIMEOUT = 60  # seconds that git may take
MEMORY = 1024 * 1024 * 1024  # bytes that it may take


class Source(Protocol):
    """Where the content of a file comes from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, and b"" at the end."""


class BadRepository(ValueError):
    """The repository cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository whose own folder (`.git`, or the whole of a bare one) is `folder`."""

    folder: Path

    @classmethod
    def at(cls, path: Path) -> Repository | None:
        """The repository in the folder `path`, bare or not; None when there is none."""
        for folder in (path / ".git", path):
            if not folder.is_symlink() and (folder / "HEAD").is_file() and (folder / "objects").is_dir():
                return cls(folder)
        return None

    def head(self) -> str:
        """The commit that is checked out; "" when there is none yet."""
        head = self._read("HEAD").strip()
        if COMMIT.fullmatch(head):
            return head
        branch = BRANCH.fullmatch(head)
        if branch is None:
            return ""
        loose = self._read(branch[1]).strip()
        packed = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(branch[1])}$", self._read("packed-refs"), re.MULTILINE)
        found = loose or (packed[1] if packed else "")
        return found if COMMIT.fullmatch(found) else ""

    def files(self) -> Generator[tuple[str, Source], None, None]:
        """The plain files of the commit that is checked out, by path. Raises BadRepository.

        Each is to be read before the next. Their content is as it was committed: no filter has seen it.
        """
        commit = self.head()
        if not commit:
            raise BadRepository("The repository has no commit: nothing was handed in.")
        self._refuse_borrowed()
        with tempfile.TemporaryDirectory(prefix="git-") as ours, ExitStack() as stack:
            form = "sha256" if len(commit) == 64 else "sha1"
            objects = str((self.folder / "objects").resolve())
            subprocess.run(
                ["git", "init", "-q", "--bare", f"--object-format={form}", ours], env=_environment(ours), check=True
            )
            start = partial(_git, stack, ours, _environment(ours) | {"GIT_ALTERNATE_OBJECT_DIRECTORIES": objects})
            listed = start("ls-tree", "-r", "-z", "--full-tree", commit)
            contents = start("-c", "core.bigFileThreshold=1m", "cat-file", "--batch")
            count = 0
            for mode, blob, path in _entries(listed.stdout):
                count += 1
                if mode.startswith("100"):  # a link and a submodule have other modes
                    yield path, _Blob(contents, blob)
            if not count:
                raise BadRepository("The repository is broken, or its commit is empty.")

    def _read(self, name: str) -> str:
        path = self.folder / name
        if path.is_symlink() or not path.resolve().is_relative_to(self.folder.resolve()) or not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(SMALL).decode(errors="replace")

    def _refuse_borrowed(self) -> None:
        """A repository may say that its objects lie elsewhere, in the instructor's own repository for instance."""
        objects = self.folder / "objects"
        borrowed = [objects / "info" / "alternates", objects / "info" / "http-alternates"]
        try:
            links = objects.is_symlink() or any(entry.is_symlink() for entry in below(objects))
        except OSError as error:
            raise BadRepository(f"It cannot be read: {error.strerror}.") from None
        if links or any(p.exists() for p in borrowed):
            raise BadRepository("The repository takes objects from elsewhere: hand in a clone that has all of its own.")


def below(folder: Path, into: Callable[[os.DirEntry[str]], bool] = lambda _: True) -> Iterator[os.DirEntry[str]]:
    """All that is in a folder and in the folders below it, sorted; no link is followed. Raises OSError.

    `into` says which folders to look into. There is no recursion (os.walk has one until Python 3.12), because a
    submission may have more folders inside each other than Python has levels.
    """
    waiting = [os.fspath(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        yield from entries
        waiting += [e.path for e in reversed(entries) if e.is_dir(follow_symlinks=False) and into(e)]


class _Blob:
    """One file's content, which the process hands out when it is first read."""

    def __init__(self, contents: subprocess.Popen[bytes], blob: str) -> None:
        self._contents, self._blob, self._left = contents, blob, -1

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; b"" at the end. Raises BadRepository."""
        assert self._contents.stdin and self._contents.stdout
        if self._left < 0:
            with contextlib.suppress(BrokenPipeError):
                self._contents.stdin.write(f"{self._blob}\n".encode())
                self._contents.stdin.flush()
            head = self._contents.stdout.readline(SMALL).split()
            if len(head) != 3 or head[1] != b"blob":
                raise BadRepository("The repository is broken: it lacks a file of its commit.")
            self._left = int(head[2]) + 1  # a new line follows
        data = self._contents.stdout.read(min(size, self._left))
        self._left -= len(data)
        if not data and self._left:
            raise BadRepository("The repository is broken: a file of its commit ends too early.")
        return data if self._left else data[:-1]


def _entries(stream: IO[bytes] | None) -> Iterator[tuple[str, str, str]]:
    """Mode, object and path of all that `git ls-tree -z` prints, as it comes."""
    assert stream
    rest = b""
    while data := stream.read1(65536):  # type: ignore[attr-defined]
        *lines, rest = (rest + data).split(b"\0")
        for line in lines:
            facts, _, path = line.partition(b"\t")
            mode, _, blob = facts.decode().split()
            yield mode, blob, path.decode(errors="surrogateescape")


def _environment(ours: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": ours, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}  # fmt: skip


def _git(stack: ExitStack, ours: str, env: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """git at work in our repository until the stack is left, and no longer than TIMEOUT, nor with more than MEMORY."""
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(["git", f"--git-dir={ours}", *arguments], env=env, stdin=pipe, stdout=pipe, stderr=quiet)
    if resource and hasattr(resource, "prlimit"):  # Linux
        resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
    too_long = threading.Timer(TIMEOUT, process.kill)
    too_long.start()
    stack.callback(process.communicate)
    stack.callback(process.kill)
    stack.callback(too_long.cancel)
    return process
