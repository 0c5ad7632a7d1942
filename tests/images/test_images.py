"""Builds the image of each stage, runs it without root, and tests over HTTP what the stage teaches.

Tested are the stages whose image is built differently from the previous one, and the last stage. With `-k`, all stages
can be chosen. A failure shows what the container has printed.
"""

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from companion.chain.stages import copy, stages
from companion.running.environment import environment

BUILDERS = ("docker", "podman", "buildah")
PORT = 8000  # every Dockerfile exposes it
PATIENCE = 60  # seconds from the start of a container to its first response
LINES = 20  # lines of a container's output, shown if its test fails
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
WORKS = "#!/bin/sh\n"
DOES_NOT_WORK = "#!/bin/sh\necho 'the service is not running' >&2\nexit 1\n"


def pytest_generate_tests(metafunc):
    """Runs a test with the argument `stage` for each stage to test."""
    if "stage" in metafunc.fixturenames:
        chosen = stages() if metafunc.config.option.keyword else with_new_image(stages())
        metafunc.parametrize("stage", chosen, ids=str)


def with_new_image(chain):
    """Returns the stages whose image is built differently from the previous one, and the last stage."""
    recipes = [[(stage.path / name).read_bytes() for name in RECIPE if (stage.path / name).exists()] for stage in chain]
    changed = [stage for stage, old, new in zip(chain, [None, *recipes], recipes, strict=False) if new != old]
    return [*changed, *(stage for stage in chain[-1:] if stage not in changed)]


def find_builder():
    """Returns Docker, Podman or Buildah: the first that is installed and works. Without one, no test can run."""
    tried = []
    for name in BUILDERS:
        if not shutil.which(name):
            tried.append(f"{name} is not on the PATH")
        elif (done := subprocess.run([name, "info"], capture_output=True, text=True, errors="replace")).returncode:
            tried.append(f"{name} does not work: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
        else:
            return name
    pytest.exit(f"Images need a builder. Install one, or start its service: {'; '.join(tried)}.", returncode=2)


builder = pytest.fixture(find_builder, scope="session")


def test_an_image_works(stage, builder, tmp_path):
    """It can be built, does not run as root, does over HTTP what the stage teaches, and passes its health check."""
    tag = f"localhost/drf-jwt-companion/{stage}"
    dockerfile = copy(stage, tmp_path) / "Dockerfile"  # files that git ignores are not part of the image
    text = dockerfile.read_text(encoding="utf-8")
    if "JWT_KEYS_DIR" in text:
        dockerfile.write_text(f"{text}RUN DJANGO_SETTINGS_MODULE=config.settings python manage.py makesigningkey\n")
    options = ["--format=docker", "--network=host"] if builder == "buildah" else []
    run(builder, "build", *options, "-t", tag, str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as free:
        mail = free.getsockname()[1]
    with container(builder, tag, ENVIRONMENT | {"EMAIL_URL": f"smtp://127.0.0.1:{mail}"}) as (process, inside):
        wait(process)
        if (stage.path / TESTS).is_file():
            run_test_of(stage, mail)
        else:
            # With a session cookie, Django queries the database, which fails if it was not migrated.
            path, expected = ("/", 200) if stage.number == 1 else ("/admin/", 302)
            assert (path, get(path, Cookie="sessionid=" + "x" * 32)) == (path, expected)
        assert run(*inside, "id", "-un") != "root\n", "the container runs as root"
        if check := re.search(r"^HEALTHCHECK .*?CMD (\[.+\])$", text.replace("\\\n", ""), re.MULTILINE):
            run(*inside, *json.loads(check[1]))


@contextmanager
def container(builder, tag, variables):
    """Runs a container with these environment variables, and removes it and the image afterwards.

    Yields its main process, and the beginning of a command in it. It uses the network of this machine, where the
    tests receive email.
    """
    with socket.socket() as port:
        if port.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.fail(f"port {PORT} is in use: stop what listens there, and start again", pytrace=False)
    options = ["--network=host", *(f"--env={name}={value}" for name, value in variables.items())]
    if builder == "buildah":
        image = json.loads(run("buildah", "inspect", "--type=image", tag))["Docker"]["config"]
        name = run("buildah", "from", tag).split()[-1]
        inside = ["buildah", "run", *options, name, "--"]
        command, remove = [*inside, *image["Cmd"]], ["rm"]
    else:
        name = f"companion-{os.getpid()}"
        inside = [builder, "exec", name]
        command, remove = [builder, "run", f"--name={name}", *options, tag], ["rm", "--force", "--volumes"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process, inside
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            output.seek(0)
            print(f"The container of {tag} printed at the end:", *output.read().splitlines()[-LINES:], sep="\n")
            run(builder, *remove, name)
            run(builder, "rmi", "--force", tag)


def wait(process):
    """Waits for the first response of a container."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail("the container ended before it answered", pytrace=False)
        try:
            return get("/")
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    pytest.fail(f"nothing answered within {PATIENCE} seconds", pytrace=False)


def get(path, **headers):
    """Returns the status of a GET request, without following redirects."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def run_test_of(stage, mail):
    """Runs the stage's own test over HTTP against the container, whose emails arrive at the port `mail`."""
    options = ["-q", "-p", "no:cacheprovider", "-p", "as_proxy", "-k", TEST, "--server", f"http://127.0.0.1:{PORT}"]
    if "--mail" in (stage.path / "tests/conftest.py").read_text(encoding="utf-8"):
        options += ["--mail", str(mail)]
    env = environment() | {"PYTHONPATH": str(Path(__file__).parent)}
    run(sys.executable, "-m", "pytest", TESTS, *options, cwd=stage.path, env=env)


def run(*command, **options):
    """Returns what a command prints. If it fails, so does the test, with all that it has printed."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", **options)
    if done.returncode:
        printed = f"{done.stdout}{done.stderr}".strip()
        pytest.fail(f"{shlex.join(command)} failed:\n{printed}", pytrace=False)
    return done.stdout


@pytest.mark.parametrize(
    ("scripts", "name"),
    [
        ({"docker": WORKS, "podman": WORKS, "buildah": WORKS}, "docker"),
        ({"docker": DOES_NOT_WORK, "podman": WORKS, "buildah": WORKS}, "podman"),
        ({"docker": DOES_NOT_WORK, "buildah": WORKS}, "buildah"),
    ],
)
def test_the_first_working_builder_is_used(tmp_path, monkeypatch, scripts, name):
    """A client whose service does not run is installed, but can't build."""
    for script, text in scripts.items():
        (tmp_path / script).write_text(text)
        (tmp_path / script).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_builder() == name


def test_a_port_in_use_is_reported(monkeypatch):
    """A server that listens there already would get the requests."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setitem(globals(), "PORT", server.getsockname()[1])
        with pytest.raises(pytest.fail.Exception, match="is in use: stop what listens there"), container("", "", {}):
            pass


def test_images_that_differ_are_built(chain):
    """Built are stages whose Dockerfile, ignored files or packages differ from the stage before, and the last stage."""
    same = {"Dockerfile": "FROM a", "requirements.txt": "Django"}
    other = same | {"requirements.txt": "Django\nPyJWT"}
    ignoring = other | {".dockerignore": ".env"}
    stage = {"01-a": same, "02-b": same | {"app.py": "x"}, "03-c": other, "04-d": ignoring, "05-e": ignoring}
    root = chain(stage | {"final": ignoring})

    assert [stage.name for stage in with_new_image(stages(root))] == ["01-a", "03-c", "04-d", "final"]
