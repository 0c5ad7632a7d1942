import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.production",
    "SECRET_KEY": "Zq8vN2rXw5tYb7uJc9kLd3mFg6hPs4aQe1oRi0xTzWnVsDfGhJkLpQ",
    "ALLOWED_HOSTS": "api.example.com,api.example.org",
    "DATABASE_URL": ...,
    "DATABASE_PATH": ...,
}


def manage(*arguments, **changes):
    """Run manage.py with the environment of production; `...` takes a variable away."""
    environment = os.environ | ENVIRONMENT | changes
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={name: value for name, value in environment.items() if value is not ...},
        capture_output=True,
        text=True,
    )


def settings(*names, **changes):
    """What these settings are in production."""
    code = f"""
import json
from django.conf import settings
print(json.dumps([getattr(settings, name) for name in {names}], default=str))
"""
    run = manage("shell", "--verbosity=0", "-c", code, **changes)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_django_finds_nothing_to_say_about_the_deployment():
    """`check --deploy` has no warning left about the production settings."""
    run = manage("check", "--deploy", "--fail-level", "WARNING")

    assert run.returncode == 0, run.stderr
    assert run.stdout == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_does_not_start_without(name):
    """Without a secret or a host name of its own, production does not start, and says why."""
    run = manage("check", **{name: ...})

    assert run.returncode != 0
    assert run.stderr.splitlines()[-1].endswith(f"Set the {name} environment variable")


def test_production_does_not_start_with_a_short_secret():
    """A secret that is too short for signing stops production as well."""
    run = manage("check", SECRET_KEY="short")

    assert run.returncode != 0
    assert "SECRET_KEY has 5 bytes, too few to sign tokens with." in run.stderr


def test_production_takes_its_settings_from_the_environment():
    """Secret and host names come from the environment, and errors show no details."""
    assert settings("SECRET_KEY", "ALLOWED_HOSTS", "DEBUG") == [
        ENVIRONMENT["SECRET_KEY"],
        ["api.example.com", "api.example.org", "127.0.0.1"],
        False,
    ]


def test_the_database_comes_from_its_address():
    """`DATABASE_URL` names a PostgreSQL database; its connections stay open for a minute."""
    (databases,) = settings("DATABASES", DATABASE_URL="postgres://ada:pw@db.example.com:5433/api")

    database = databases["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("ada", "pw")
    assert (database["HOST"], database["PORT"]) == ("db.example.com", 5433)
    assert (database["NAME"], database["CONN_MAX_AGE"]) == ("api", 60)


def test_without_an_address_the_database_is_a_file(tmp_path):
    """Without `DATABASE_URL` the database is the SQLite file that `DATABASE_PATH` names."""
    path = str(tmp_path / "db.sqlite3")
    (databases,) = settings("DATABASES", DATABASE_PATH=path)

    assert databases["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert databases["default"]["NAME"] == path


REQUESTS = """
import json
import logging
from django.test import Client
from authentication.views import CurrentUserAPIView

def broken(self, request):
    raise RuntimeError("on purpose")

client = Client(SERVER_NAME="api.example.com", raise_request_exception=False)
plain = client.get("/api/me")
secure = client.get("/api/me", secure=True)
stranger = client.get("/api/me", secure=True, headers={"Host": "evil.example.com"})
health = client.get("/health", headers={"Host": "127.0.0.1:8000"})
CurrentUserAPIView.permission_classes = []
CurrentUserAPIView.get = broken
error = client.get("/api/me", secure=True)
logging.getLogger("authentication").info("told in passing")
print(json.dumps({
    "plain": [plain.status_code, plain["Location"]],
    "secure": [secure.status_code, secure["Strict-Transport-Security"]],
    "stranger": stranger.status_code,
    "health": [health.status_code, health.json()],
    "error": [error.status_code, "on purpose" in error.content.decode()],
}))
"""


def test_production_answers_over_https_only():
    """HTTP is sent on to HTTPS, HTTPS answers, other host names and error details stay out.

    The health check may come over HTTP: it comes from inside. An error is in the log in
    full, and so is what the project tells in passing.
    """
    run = manage("shell", "--verbosity=0", "-c", REQUESTS)

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "plain": [301, "https://api.example.com/api/me"],
        "secure": [401, "max-age=3600; includeSubDomains; preload"],
        "stranger": 400,
        "health": [200, {"status": "ok"}],
        "error": [500, False],
    }
    assert "RuntimeError: on purpose" in run.stderr
    assert "told in passing" in run.stderr
