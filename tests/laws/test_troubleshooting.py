"""docs/troubleshooting.md: the mistake of each entry produces the message on the page, word for word."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import django
import pip
import pytest

from companion.chain.stages import ROOT, copy, find
from tests.project.projects import PINS

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
SHOWN = dict(re.findall(r"^### .*?\{ #([\w-]+) \}\n\n```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL))
PERSON = {"email": "ada@example.com", "username": "ada", "password": "correct horse battery staple"}
AS_DATA = tomllib.loads(Path(__file__).with_name("troubleshooting.toml").read_text())
PROVOKE = {}
BY_A_BROWSER = {"cors"}  # tests/browser/test_troubleshooting.py makes these mistakes


def provokes(entry):
    """Marks the function that makes the mistake of an entry; it takes a `Desk` and returns the output."""
    return lambda function: PROVOKE.setdefault(entry, function)


class Desk:
    """Copies of stages in a temporary folder, and commands to run in them."""

    def __init__(self, folder, run, database):
        self.folder, self.run_python, self.database = folder, run, database

    def copy(self, stage):
        return copy(find(stage), self.folder)

    def python(self, *arguments, **environment):
        done = self.run_python(self.folder, *arguments, check=False, **environment)
        return done.stdout + done.stderr

    def manage(self, *arguments):
        return self.python("manage.py", *arguments)

    def edit(self, path, *changes):
        text = (self.folder / path).read_text()
        for old, new in changes:
            assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
            text = text.replace(old, new)
        (self.folder / path).write_text(text)

    def api(self, code):
        """Returns what `code` prints in the shell of stage 08, migrated, with a test client, a user and a token."""
        if not (self.folder / "manage.py").exists():
            self.copy("08-urls")
        (self.folder / "db.sqlite3").write_bytes(self.database)
        head = f"""
import django.test
from authentication.models import User
client = django.test.Client(raise_request_exception=False, SERVER_NAME="localhost")
person = {PERSON}
def token(): return User.objects.create_user(**person).token
def show(response): print(response.content.decode())
def me(authorization, **more): show(client.get("/api/me", headers={{"Authorization": authorization}}, **more))
def post(path, data=person): show(client.post(path, data, content_type="application/json"))
"""
        return self.manage("shell", "-c", f"{head}{code}")


@pytest.fixture(scope="module")
def database(tmp_path_factory, run):
    """A database that stage 08 has migrated, as bytes."""
    folder = copy(find("08-urls"), tmp_path_factory.mktemp("migrated"))
    run(folder, "manage.py", "migrate", "-v0")
    return (folder / "db.sqlite3").read_bytes()


@pytest.fixture
def desk(tmp_path, run, database):
    return Desk(tmp_path, run, database)


def bare(folder, *packages):
    """A Python of its own, with these packages of ours and no others."""
    venv.create(folder / ".venv", with_pip=False)
    site = next((folder / ".venv").rglob("site-packages"))
    for package in packages:
        (site / package).symlink_to(Path(django.__file__).parent.parent / package)
    return str(next(p for p in (folder / ".venv" / "bin", folder / ".venv" / "Scripts") if p.exists()) / "python")


def output(command, folder, **environment):
    """What a command prints, in an environment with nothing but `environment`."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


@provokes("no-venv")
def _(desk):
    # Debian's Python, as if its package python3-venv were not installed.
    code = """
import subprocess, venv
def absent(*arguments, **options):
    raise subprocess.CalledProcessError(1, "ensurepip")
venv.EnvBuilder._call_new_python = absent
where = venv.sysconfig.get_path
venv.sysconfig.get_path = lambda name, *rest, **more: "/nowhere" if name == "stdlib" else where(name, *rest, **more)
venv.main([".venv"])
"""
    return output(["/usr/bin/python3", "-c", code], desk.folder)


@provokes("no-network")
def _(desk):
    nobody = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, "-m", "pip", "install", "-q", "--target=new", "-r", str(ROOT / "requirements.txt")]
    return output(command, desk.folder, **nobody, PIP_FIND_LINKS="", PIP_EXTRA_INDEX_URL="")


@provokes("old-python")
def _(desk):
    # A package index with the one version that we pin, asked by the pip that we have in the name of an older Python.
    pin = PINS["asgiref"]
    page = f'<a href="asgiref-{pin}-py3-none-any.whl" data-requires-python="&gt;=3.11">asgiref</a>'
    (desk.folder / "index.html").write_text(page)
    old = ["--python-version=3.10", "--only-binary=:all:", "--no-index", "--find-links=index.html", f"asgiref=={pin}"]
    return output([sys.executable, "-m", "pip", "download", *old], desk.folder, PIP_CONFIG_FILE=os.devnull)


@provokes("no-django")
def _(desk):
    desk.copy("01-dockerfile")
    return output([bare(desk.folder), "manage.py", "check"], desk.folder)


@provokes("no-rest-framework")
def _(desk):
    desk.copy("05-authentication-backend")
    return output([bare(desk.folder, "django", "asgiref", "sqlparse"), "manage.py", "check"], desk.folder)


@provokes("no-python")
def _(desk):
    return output([shutil.which("bash"), "-c", "python manage.py check"], desk.folder, PATH=str(desk.folder))


@provokes("externally-managed")
def _(desk):
    (desk.folder / "EXTERNALLY-MANAGED").write_text("[externally-managed]\n")
    # The pip that we have, run as if it were the system's: no environment around it, and the mark in its library.
    code = f"""
import sys, sysconfig
sys.prefix = sys.base_prefix
sysconfig.get_path = lambda name, *rest, **more: {str(desk.folder)!r}
from pip._internal.cli.main import main
main(["install", "--no-index", "Django"])
"""
    return output([sys.executable, "-c", code], desk.folder, PYTHONPATH=str(Path(pip.__file__).parent.parent))


@provokes("port")
def _(desk):
    desk.copy("01-dockerfile")
    with socket.create_server(("127.0.0.1", 0)) as server:
        return desk.manage("runserver", "--noreload", f"127.0.0.1:{server.getsockname()[1]}")


@provokes("no-app")
def _(desk):
    shutil.rmtree(desk.copy("02-user-model") / "authentication")
    return desk.manage("check")


@provokes("no-natural-key")
def _(desk):
    desk.copy("02-user-model")
    desk.manage("migrate", "-v0")
    return desk.manage("createsuperuser", "--noinput", "--email=root@example.com", "--username=root")


@provokes("no-secret")
def _(desk):
    desk.copy("final")
    return desk.python("manage.py", "check", DJANGO_SETTINGS_MODULE="config.production")


@provokes("inconsistent")
def _(desk):
    desk.copy("01-dockerfile")
    desk.manage("migrate", "-v0")
    desk.copy("02-user-model")
    return desk.manage("migrate", "-v0")


@provokes("token-used")
def _(desk):
    desk.copy("15-refresh-tokens")
    desk.manage("migrate")
    code = f"""
from django.test import Client
client = Client(headers={{"host": "localhost"}})
post = lambda path, data: client.post(f"/api/{{path}}", data, content_type="application/json")
refresh = lambda token: post("refresh", {{"refresh_token": token}})
first = post("registration", {PERSON}).json()["refresh_token"]
second = refresh(first).json()["refresh_token"]
refresh(second)
print(refresh(first).content.decode())
"""
    return desk.manage("shell", "-c", code)


@provokes("csrf")
def _(desk):
    answer = desk.api('show(django.test.Client(True, SERVER_NAME="localhost").post("/admin/login/", person))')
    return "\n".join(re.sub(r"<[^>]+>", "", line).strip() for line in answer.splitlines())


def provoke(entry, desk):
    """Makes the mistake of an entry, and returns what was printed."""
    if entry in PROVOKE:
        return PROVOKE[entry](desk)
    facts = AS_DATA[entry]
    if "stage" in facts:
        desk.copy(facts["stage"])
    for path, changes in facts.get("edits", {}).items():
        desk.edit(path, *changes)
    for path, text in facts.get("written", {}).items():
        (desk.folder / path).write_text(text)
    return desk.api(facts["api"]) if "api" in facts else desk.python(*facts["run"])


def test_every_entry_is_provoked():
    """Each third-level heading has a message and a mistake that produces it, and every mistake has a heading."""
    assert len(SHOWN) == len(re.findall(r"^### ", PAGE, re.MULTILINE)) >= 15
    assert SHOWN.keys() == PROVOKE.keys() | AS_DATA.keys() | BY_A_BROWSER


@pytest.mark.parametrize("entry", [*PROVOKE, *AS_DATA])
def test_the_message_comes_out_word_for_word(entry, desk):
    """The mistake prints every line of the message on the page."""
    printed = [line.rstrip() for line in provoke(entry, desk).splitlines()]
    lines = [line for line in SHOWN[entry].splitlines() if line]

    assert [line for line in lines if not any(p == line or p.endswith(f": {line}") for p in printed)] == [], printed


def test_every_entry_has_a_cause_and_a_fix():
    """Below each message, there is one cause and one fix."""
    for text in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]:
        assert re.findall(r"^\*\*(\w+):\*\*", text, re.MULTILINE) == ["Cause", "Fix"], text[:40]
