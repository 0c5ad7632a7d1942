"""Builds the image of a stage, runs it, and asks it over HTTP whether it does what the stage teaches."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

from companion.chain.stages import Stage, copy, files
from companion.upkeep.asking import Failed, answer_to, ask

PORT = 8000  # the one that every Dockerfile exposes
PATIENCE = 60  # seconds from the start of a container to its first answer
LINES = 20  # of what a container printed, shown when it fails
# What production asks for. Stages without production settings do not read them.
ENVIRONMENT = {
    "SECRET_KEY": "only-for-this-run-" + "x" * 40,
    "JWT_SIGNING_KEY": "only-for-this-run-" + "y" * 40,
    "CACHE_URL": "locmemcache://",
    "NUM_PROXIES": "1",
    "EMAIL_URL": "consolemail://",  # an email is printed, and read where the container's log is read
    "MAIL_AT_ONCE": "on",  # by the web process itself, because no worker runs next to it
    "DEFAULT_FROM_EMAIL": "accounts@example.com",
    "FRONTEND_URL": "https://www.example.com",
    "ALLOWED_HOSTS": "127.0.0.1",
    "FORWARDED_ALLOW_IPS": "*",
}


class NoBuilder(LookupError):
    """Nothing that builds images is here, or nothing that works; the message says what was tried."""


class Container(Protocol):
    """A container that runs: `address` is where it listens on this machine, as `http://host:port`."""

    address: str

    def alive(self) -> bool:
        """Whether its main process still runs."""

    def execute(self, *command: str) -> str:
        """What a command prints in it. Raises Failed when the command does."""

    def printed(self) -> str:
        """What it has printed so far."""


class Builder(Protocol):
    """What builds and runs images."""

    name: str

    def build(self, folder: Path, tag: str) -> None:
        """Build the image of the Dockerfile in `folder`. Raises Failed."""

    def running(self, tag: str) -> AbstractContextManager[Container]:
        """A container of the image with ENVIRONMENT, gone with its image after the block."""


class Engine:
    """Docker or Podman, by the same commands."""

    def __init__(self, name: str) -> None:
        self.name = name
        _run(name, "info")

    def build(self, folder: Path, tag: str) -> None:
        _run(self.name, "build", "-t", tag, str(folder))

    @contextmanager
    def running(self, tag: str) -> Iterator[Container]:
        variables = [f"--env={name}={value}" for name, value in ENVIRONMENT.items()]
        container = _run(self.name, "run", "-d", f"--publish=127.0.0.1::{PORT}", *variables, tag).strip()
        try:
            yield _Started(self.name, container)
        finally:
            _run(self.name, "rm", "--force", "--volumes", container)
            _run(self.name, "rmi", "--force", tag)


class _Started:
    def __init__(self, engine: str, container: str) -> None:
        self._engine, self._container = engine, container
        self.address = "http://" + _run(engine, "port", container, str(PORT)).split()[0]

    def alive(self) -> bool:
        return _run(self._engine, "inspect", "--format={{.State.Running}}", self._container).strip() == "true"

    def execute(self, *command: str) -> str:
        return _run(self._engine, "exec", self._container, *command)

    def printed(self) -> str:
        return _run(self._engine, "logs", self._container)


class Buildah:
    """Buildah, which needs no service: it runs a container's command on the network of this machine."""

    name = "buildah"

    def __init__(self) -> None:
        _run("buildah", "info")

    def build(self, folder: Path, tag: str) -> None:
        _run("buildah", "bud", "--format=docker", "--network=host", "-t", tag, str(folder))

    @contextmanager
    def running(self, tag: str) -> Iterator[Container]:
        with socket.socket() as port:
            if port.connect_ex(("127.0.0.1", PORT)) == 0:
                raise Failed(f"port {PORT} is in use: stop what listens there, and start anew")
        image = json.loads(_run("buildah", "inspect", "--type=image", tag))["Docker"]["config"]
        container = _run("buildah", "from", tag).split()[-1]
        run = ["buildah", "run", "--network=host", *(f"--env={n}={v}" for n, v in ENVIRONMENT.items()), container, "--"]
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                [*run, *image["Cmd"]], stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                yield _Process(run, process, output)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                _run("buildah", "rm", container)
                _run("buildah", "rmi", "--force", tag)


class _Process:
    address = f"http://127.0.0.1:{PORT}"

    def __init__(self, run: list[str], process: subprocess.Popen[bytes], output: IO[str]):
        self._run, self._process, self._output = run, process, output

    def alive(self) -> bool:
        return self._process.poll() is None

    def execute(self, *command: str) -> str:
        return _run(*self._run, *command)

    def printed(self) -> str:
        self._output.seek(0)
        return self._output.read()


def builder() -> Builder:
    """Docker, Podman or Buildah: the first that is here and works. Raises NoBuilder."""
    tried = []
    for name in ("docker", "podman", "buildah"):
        if not shutil.which(name):
            tried.append(f"{name} is not on the PATH")
            continue
        try:
            return Buildah() if name == "buildah" else Engine(name)
        except Failed as error:
            tried.append(f"{name} does not work: {str(error).splitlines()[-1].strip()}")
    reasons = "\n".join(f"  {reason}" for reason in tried)
    raise NoBuilder(f"Images need docker, podman or buildah.\n{reasons}\nInstall one, or start its service.")


def try_image(stage: Stage, builder: Builder) -> str:
    """Build the image of a stage, run it, ask it. Returns its answers as one line. Raises Failed."""
    tag = f"localhost/drf-jwt-companion/{stage}"
    with tempfile.TemporaryDirectory() as context:
        builder.build(copy(stage, Path(context)), tag)  # what git does not know is no part of the image
    with builder.running(tag) as container:
        try:
            _wait(container)
            return ", ".join([*ask(stage, container.address, container.printed), *_look_inside(stage, container)])
        except Failed as error:
            last = container.printed().splitlines()[-LINES:]
            raise Failed("\n".join([f"{error}; the last it printed:", *last])) from error


def _look_inside(stage: Stage, container: Container) -> Iterator[str]:
    user = container.execute("id", "-un").strip()
    if user == "root":
        raise Failed("the container runs as root")
    yield f"runs as {user}"
    dockerfile = files(stage)["Dockerfile"].read_text(encoding="utf-8").replace("\\\n", "")
    if check := re.search(r"^HEALTHCHECK .*?CMD (\[.+\])$", dockerfile, re.MULTILINE):
        container.execute(*json.loads(check[1]))
        yield "healthy"


def _wait(container: Container) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not container.alive():
            raise Failed("the container ended before it answered")
        try:
            # Docker's own proxy accepts before the server does, and then closes: only an answer counts.
            return answer_to(urllib.request.Request(container.address), timeout=5).close()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    raise Failed(f"nothing answered within {PATIENCE} seconds")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise Failed(f"{' '.join(command[:2])} failed:\n{(done.stdout + done.stderr).strip()}")
    return done.stdout if command[1] != "logs" else done.stdout + done.stderr
