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
BY_A_BROWSER = {"cors"}  # tests/browser/test_troubleshooting.py makes these mistakes


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


class Mistakes(Desk):
    """A method makes the mistake of the entry with its name, with - for _, and returns what was printed."""

    def no_venv(self):
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
        return output(["/usr/bin/python3", "-c", code], self.folder)

    def no_network(self):
        nobody = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
        command = [sys.executable, "-m", "pip", "install", "-q", "--target=new", "-r", str(ROOT / "requirements.txt")]
        return output(command, self.folder, **nobody, PIP_FIND_LINKS="", PIP_EXTRA_INDEX_URL="")

    def old_python(self):
        # A package index with the one version that we pin, asked by the pip that we have in the name of an older Python.
        pin = PINS["asgiref"]
        page = f'<a href="asgiref-{pin}-py3-none-any.whl" data-requires-python="&gt;=3.11">asgiref</a>'
        (self.folder / "index.html").write_text(page)
        old = [
            "--python-version=3.10",
            "--only-binary=:all:",
            "--no-index",
            "--find-links=index.html",
            f"asgiref=={pin}",
        ]
        return output([sys.executable, "-m", "pip", "download", *old], self.folder, PIP_CONFIG_FILE=os.devnull)

    def no_django(self):
        self.copy("01-dockerfile")
        return output([bare(self.folder), "manage.py", "check"], self.folder)

    def no_rest_framework(self):
        self.copy("05-authentication-backend")
        return output([bare(self.folder, "django", "asgiref", "sqlparse"), "manage.py", "check"], self.folder)

    def no_python(self):
        return output([shutil.which("bash"), "-c", "python manage.py check"], self.folder, PATH=str(self.folder))

    def externally_managed(self):
        (self.folder / "EXTERNALLY-MANAGED").write_text("[externally-managed]\n")
        # The pip that we have, run as if it were the system's: no environment around it, and the mark in its library.
        code = f"""
import sys, sysconfig
sys.prefix = sys.base_prefix
sysconfig.get_path = lambda name, *rest, **more: {str(self.folder)!r}
from pip._internal.cli.main import main
main(["install", "--no-index", "Django"])
"""
        return output([sys.executable, "-c", code], self.folder, PYTHONPATH=str(Path(pip.__file__).parent.parent))

    def port(self):
        self.copy("01-dockerfile")
        with socket.create_server(("127.0.0.1", 0)) as server:
            return self.manage("runserver", "--noreload", f"127.0.0.1:{server.getsockname()[1]}")

    def no_app(self):
        shutil.rmtree(self.copy("02-user-model") / "authentication")
        return self.manage("check")

    def no_natural_key(self):
        self.copy("02-user-model")
        self.manage("migrate", "-v0")
        return self.manage("createsuperuser", "--noinput", "--email=root@example.com", "--username=root")

    def no_secret(self):
        self.copy("final")
        return self.python("manage.py", "check", DJANGO_SETTINGS_MODULE="config.production")

    def inconsistent(self):
        self.copy("01-dockerfile")
        self.manage("migrate", "-v0")
        self.copy("02-user-model")
        return self.manage("migrate", "-v0")

    def token_used(self):
        self.copy("15-refresh-tokens")
        self.manage("migrate")
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
        return self.manage("shell", "-c", code)

    def csrf(self):
        answer = self.api('show(django.test.Client(True, SERVER_NAME="localhost").post("/admin/login/", person))')
        return "\n".join(re.sub(r"<[^>]+>", "", line).strip() for line in answer.splitlines())


PROVOKE = {name.replace("_", "-"): make for name, make in vars(Mistakes).items() if not name.startswith("_")}


@pytest.fixture
def desk(tmp_path, run, database):
    return Mistakes(tmp_path, run, database)


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
