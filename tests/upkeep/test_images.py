"""Images: which builder is used, how a server is tested, and what is reported about one that fails."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from companion.chain.stages import files, find, stages
from companion.cli import main
from companion.upkeep import images

DOES_NOT_WORK = "#!/bin/sh\necho 'the service is not running' >&2\nexit 1\n"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with only these commands; maps each name to its script."""

    def machine(**scripts):
        for name, script in scripts.items():
            (tmp_path / name).write_text(script)
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return machine


WORKS = "#!/bin/sh\n"


@pytest.mark.parametrize(
    ("scripts", "name"),
    [
        ({"docker": WORKS, "podman": WORKS, "buildah": WORKS}, "docker"),
        ({"docker": DOES_NOT_WORK, "podman": WORKS, "buildah": WORKS}, "podman"),
        ({"docker": DOES_NOT_WORK, "buildah": WORKS}, "buildah"),
    ],
)
def test_the_first_working_builder_is_used(machine, scripts, name):
    """A client whose service does not run is installed, but can't build."""
    machine(**scripts)

    assert images.builder().name == name


def test_a_machine_without_a_builder_is_an_error(machine, run):
    """The message says which builders were tried, and what to do."""
    machine(docker=DOES_NOT_WORK)
    tried = [
        "docker does not work: the service is not running",
        "podman is not on the PATH",
        "buildah is not on the PATH",
    ]
    reasons = "".join(f"  {reason}\n" for reason in tried)

    error = f"Images need docker, podman or buildah.\n{reasons}Install one, or start its service.\n"
    assert run("images") == (2, "", error)


class Workshop:
    """Replaces a builder: its image is a copy of the stage's folder, which Django's own server serves."""

    name = "workshop"

    def __init__(self, folder):
        self.folder, self.user, self.migrates, self.checked = folder, "app", True, []

    def build(self, context, tag):
        if tag.endswith("06-serializers"):
            raise images.Failed("workshop build failed:\nno space left")
        self.context = {path.relative_to(context).as_posix() for path in context.rglob("*") if path.is_file()}
        context.rename(self.folder / "context")

    @contextmanager
    def running(self, tag, variables):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        folder = self.folder / "context"
        given = {name: variables[name] for name in ("EMAIL_URL", "MAIL_AT_ONCE")}
        env = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"} | given
        if self.migrates:
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=folder, env=env, check=True)
        command = [sys.executable, "manage.py", "runserver", "--noreload", self.address.removeprefix("http://")]
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            yield self
        finally:
            self.process.kill()
            self.process.wait()

    def alive(self):
        return self.process.poll() is None

    def execute(self, *command):
        self.checked.append(command)
        return f"{self.user}\n"

    def printed(self):
        return (self.folder / "log").read_text()


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    workshop = Workshop(tmp_path)
    monkeypatch.setattr(images, "builder", lambda: workshop)
    return workshop


@pytest.mark.parametrize(
    ("stage", "answers"),
    [
        ("01-dockerfile", "GET / 200, runs as app"),
        ("03-user-manager", "GET /admin/ 302, runs as app"),
        ("final", "test_register_log_in_and_fetch_the_user passed, runs as app, healthy"),
    ],
)
def test_a_stage_gets_the_test_that_it_has(workshop, capsys, stage, answers):
    """A stage with URLs gets its own test over HTTP, here with email; final's health check is run too.

    Files that git ignores, such as a database left by a run, are not part of the image.
    """
    assert main(["images", stage]) == 0
    assert capsys.readouterr().out == (
        f"Built and run with workshop:\n{stage}: {answers}\n1 of 1 built, run and answered\n"
    )
    assert workshop.context == set(files(find(stage)))
    if "healthy" in answers:  # the command in the Dockerfile, so a wrong one fails
        assert workshop.checked[-1][:2] == ("python", "-c")
        assert "/health/ready" in workshop.checked[-1][2]


def test_an_image_that_fails_does_not_stop_the_others(workshop, capsys):
    """Every stage is tried, the summary counts those that work, and the exit status is 1."""
    assert main(["images", "06-serializers", "01-dockerfile"]) == 1
    assert capsys.readouterr().out == (
        "Built and run with workshop:\n"
        "06-serializers: FAILED: workshop build failed:\nno space left\n"
        "01-dockerfile: GET / 200, runs as app\n"
        "1 of 2 built, run and answered\n"
    )


@pytest.mark.parametrize(
    ("stage", "name", "value", "said"),
    [
        ("02-user-model", "migrates", False, r"^GET /admin/: expected 302, got 500; [\s\S]+no such table"),
        ("08-urls", "migrates", False, r"^tests/test_http.py failed:[\s\S]+no such table"),
        ("01-dockerfile", "user", "root", "^the container runs as root"),
        ("01-dockerfile", "alive", lambda: False, "^the container ended before it answered; the last it printed:"),
    ],
    ids=["no database", "nobody can register", "root", "it has ended"],
)
def test_a_wrong_image_is_reported(workshop, monkeypatch, stage, name, value, said):
    """The failure has the server's last output. A server that has ended is not waited for."""
    monkeypatch.setattr(workshop, name, value)

    with pytest.raises(images.Failed, match=said):
        images.try_image(find(stage), workshop)


def test_images_that_differ_are_built(chain):
    """Built are stages whose Dockerfile, ignored files or packages differ from the stage before, and the last stage."""
    same = {"Dockerfile": "FROM a", "requirements.txt": "Django"}
    other = same | {"requirements.txt": "Django\nPyJWT"}
    ignoring = other | {".dockerignore": ".env"}
    stage = {"01-a": same, "02-b": same | {"app.py": "x"}, "03-c": other, "04-d": ignoring, "05-e": ignoring}
    root = chain(stage | {"final": ignoring})

    assert [stage.name for stage in images.with_new_image(stages(root))] == ["01-a", "03-c", "04-d", "final"]
