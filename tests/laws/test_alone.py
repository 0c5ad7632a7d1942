"""Law 1: every stage runs alone."""

import ast
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import packages_distributions

import pytest

from companion.chain.stages import copy, files


@pytest.fixture
def folder(stage, tmp_path):
    return copy(stage, tmp_path / stage.name)


COMMANDS = """
from django.core.management import call_command as call
call("check", fail_level="DEBUG")
"""
MIGRATIONS = """
call("makemigrations", check_changes=True, dry_run=True)
call("migrate", verbosity=0)
"""


def test_django_finds_no_fault_and_migrates(stage, folder, run):
    """`check` reports nothing, not even a warning, without environment variables. Migrations cover every model.

    They run on an empty database. Before stage 02 none run, because they would create Django's own user model.
    """
    printed = run(folder, "manage.py", "shell", "-v0", "-c", COMMANDS + MIGRATIONS * (stage.number > 1)).stdout

    assert printed == "System check identified no issues (0 silenced).\n" + "No changes detected\n" * (stage.number > 1)
    assert (folder / "db.sqlite3").is_file() == (stage.number > 1)


def test_the_server_answers(folder, run):
    """`runserver` starts and answers over HTTP: the admin's login page is there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            assert _status(f"http://127.0.0.1:{port}/admin/login/", deadline=time.monotonic() + 30) == 200
        finally:
            server.kill()


def _status(address, deadline):
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            assert time.monotonic() < deadline, "the server did not come up within 30 seconds"


def test_every_import_is_required(stage):
    """A stage's own requirements.txt installs everything that the stage imports or names in its settings."""
    listed = files(stage)
    required = {_normalized(line) for line in listed["requirements.txt"].read_text().split("\n") if line}
    own = {name.split("/")[0].removesuffix(".py") for name in listed}
    wanted = {module for name, path in listed.items() if name.endswith(".py") for module in _modules(path.read_text())}
    distributions = packages_distributions()
    foreign = wanted - own - sys.stdlib_module_names

    def installed_by(module):
        return {_normalized(name) for name in distributions.get(module, [module])}

    assert foreign
    assert {module for module in foreign if not required & installed_by(module)} == set()


def _modules(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Constant) and re.fullmatch(r"(django|rest_framework)(\.\w+)*", str(node.value)):
            yield node.value.split(".")[0]


def _normalized(requirement):
    return re.sub(r"[-_.]+", "-", re.split(r"[=\[; ]", requirement)[0]).lower()
