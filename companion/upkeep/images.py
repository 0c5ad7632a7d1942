"""Builds the image of a stage, runs it, and checks over HTTP that it does what the stage teaches."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from companion.chain.stages import Stage, copy, files
from companion.running.environment import environment

PORT = 8000  # every Dockerfile exposes it
PATIENCE = 60  # seconds from the start of a container to its first response
LINES = 20  # lines of a container's output, shown if it fails
# Required in production. Stages without production settings ignore these.
ENVIRONMENT = {
    "SECRET_KEY": "only-for-this-run-" + "x" * 40,
    "JWT_SIGNING_KEY": "only-for-this-run-" + "y" * 40,  # for stages before makesigningkey
    "CACHE_URL": "locmemcache://",
    "NUM_PROXIES": "1",
    "MAIL_AT_ONCE": "on",  # the web process sends email itself, because no worker runs next to it
    "DEFAULT_FROM_EMAIL": "accounts@example.com",
    "FRONTEND_URL": "https://www.example.com",
    "ALLOWED_HOSTS": "127.0.0.1",
    "FORWARDED_ALLOW_IPS": "*",
}
RECIPE = ("Dockerfile", ".dockerignore", "requirements.txt")
TESTS = "tests/test_http.py"
TEST = "test_register_log_in_and_fetch_the_user"
# Production settings redirect to https, so the tests send the header that the proxy sends in production.
AS_PROXY = """
import sys, urllib.request, pytest
opener = urllib.request.build_opener()
opener.addheaders = [("X-Forwarded-Proto", "https")]
urllib.request.install_opener(opener)
sys.exit(pytest.main(sys.argv[1:]))
"""


class Failed(Exception):
    """Raised if an image cannot be built, does not respond, or responds wrongly; the message shows its output."""


class NoBuilder(LookupError):
    """Raised if no program that builds images is installed and works; the message says which were tried."""


@dataclass(frozen=True)
class Container:
    """A running container: `process` is its main process, and `inside` the command prefix that runs a command in it."""

    process: subprocess.Popen[bytes]
    output: IO[str]
    inside: list[str]
    address: str = f"http://127.0.0.1:{PORT}"

    def alive(self) -> bool:
        """Returns whether its main process is still running."""
        return self.process.poll() is None

    def execute(self, *command: str) -> str:
        """Returns what a command in the container prints. Raises Failed if it fails."""
        return _run(*self.inside, *command)

    def printed(self) -> str:
        """Returns the container's output so far."""
        self.output.seek(0)
        return self.output.read()


class Builder:
    """Docker, Podman or Buildah. Containers use the network of this machine, where the tests receive email."""

    def __init__(self, name: str) -> None:
        self.name = name
        _run(name, "info")

    def build(self, folder: Path, tag: str) -> None:
        """Builds the image of the Dockerfile in `folder`. Raises Failed."""
        options = ["--format=docker", "--network=host"] if self.name == "buildah" else []
        _run(self.name, "build", *options, "-t", tag, str(folder))

    @contextmanager
    def running(self, tag: str, variables: dict[str, str]) -> Iterator[Container]:
        """Runs a container with these environment variables, and removes it and the image afterwards. Raises Failed."""
        with socket.socket() as port:
            if port.connect_ex(("127.0.0.1", PORT)) == 0:
                raise Failed(f"port {PORT} is in use: stop what listens there, and start again")
        options = ["--network=host", *(f"--env={name}={value}" for name, value in variables.items())]
        if self.name == "buildah":
            image = json.loads(_run("buildah", "inspect", "--type=image", tag))["Docker"]["config"]
            name = _run("buildah", "from", tag).split()[-1]
            inside = ["buildah", "run", *options, name, "--"]
            command, remove = [*inside, *image["Cmd"]], ["rm"]
        else:
            name = f"companion-{os.getpid()}"
            inside = [self.name, "exec", name]
            command, remove = [self.name, "run", f"--name={name}", *options, tag], ["rm", "--force", "--volumes"]
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                yield Container(process, output, inside)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                _run(self.name, *remove, name)
                _run(self.name, "rmi", "--force", tag)


def with_new_image(chain: Sequence[Stage]) -> list[Stage]:
    """Returns the stages whose image is built differently from the previous one, and the last stage."""
    recipes = [[(stage.path / name).read_bytes() for name in RECIPE if (stage.path / name).exists()] for stage in chain]
    changed = [stage for stage, old, new in zip(chain, [None, *recipes], recipes, strict=False) if new != old]
    return [*changed, *(stage for stage in chain[-1:] if stage not in changed)]


def builder() -> Builder:
    """Returns Docker, Podman or Buildah: the first that is installed and works. Raises NoBuilder."""
    tried = []
    for name in ("docker", "podman", "buildah"):
        try:
            return Builder(name)
        except FileNotFoundError:
            tried.append(f"{name} is not on the PATH")
        except Failed as error:
            tried.append(f"{name} does not work: {str(error).splitlines()[-1].strip()}")
    reasons = "\n".join(f"  {reason}" for reason in tried)
    raise NoBuilder(f"Images need docker, podman or buildah.\n{reasons}\nInstall one, or start its service.")


def try_image(stage: Stage, builder: Builder) -> str:
    """Builds and runs the image of a stage, and tests it. Returns the findings as one line. Raises Failed."""
    tag = f"localhost/drf-jwt-companion/{stage}"
    with tempfile.TemporaryDirectory() as context:
        dockerfile = copy(stage, Path(context)) / "Dockerfile"  # files that git ignores are not part of the image
        if "JWT_KEYS_DIR" in (text := dockerfile.read_text()):
            dockerfile.write_text(f"{text}RUN DJANGO_SETTINGS_MODULE=config.settings python manage.py makesigningkey\n")
        builder.build(dockerfile.parent, tag)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mail = free.getsockname()[1]
    with builder.running(tag, ENVIRONMENT | {"EMAIL_URL": f"smtp://127.0.0.1:{mail}"}) as container:
        try:
            _wait(container)
            return ", ".join([_test(stage, container.address, mail), *_look_inside(stage, container)])
        except Failed as error:
            last = container.printed().splitlines()[-LINES:]
            raise Failed("\n".join([f"{error}; the last it printed:", *last])) from error


def _test(stage: Stage, address: str, mail: int) -> str:
    """Tests the server at `address`: with the stage's own test over HTTP, or with one request if it has none."""
    if not (stage.path / TESTS).is_file():
        # With a session cookie, Django queries the database, which fails if it was not migrated.
        path, expected = ("/", 200) if stage.number == 1 else ("/admin/", 302)
        status = _get(address, path, {"Cookie": "sessionid=" + "x" * 32})
        if status != expected:
            raise Failed(f"GET {path}: expected {expected}, got {status}")
        return f"GET {path} {status}"
    command = [sys.executable, "-c", AS_PROXY, "-q", "-p", "no:cacheprovider", TESTS, "-k", TEST, "--server", address]
    if "--mail" in (stage.path / "tests/conftest.py").read_text(encoding="utf-8"):
        command += ["--mail", str(mail)]
    done = subprocess.run(command, cwd=stage.path, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{TESTS} failed:\n{done.stdout.strip()}")
    return f"{TEST} passed"


def _get(address: str, path: str, headers: dict[str, str]) -> int:
    """Returns the status of a GET request, without following redirects."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


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
            _get(container.address, "/", {})
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    raise Failed(f"nothing answered within {PATIENCE} seconds")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise Failed(f"{' '.join(command[:2])} failed:\n{(done.stdout + done.stderr).strip()}")
    return done.stdout
