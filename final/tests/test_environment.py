import importlib
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError

PROJECT = Path(__file__).parent.parent
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.production",
    "SECRET_KEY": "Zq8vN2rXw5tYb7uJc9kLd3mFg6hPs4aQe1oRi0xTzWnVsDfGhJkLpQ",
    "ALLOWED_HOSTS": "api.example.com,api.example.org",
    "CACHE_URL": "redis://cache.example.com:6379/1",
    "NUM_PROXIES": "1",
    "EMAIL_URL": "smtp+tls://ada:pw@mail.example.com:587",
    "DEFAULT_FROM_EMAIL": "accounts@example.com",
    "FRONTEND_URL": "https://www.example.com",
}
OTHERS = ["DATABASE_URL", "DATABASE_PATH", "LOGIN_RATE", "REGISTRATION_RATE", "GUESS_RATE"]
OTHERS += ["API_DOCS"]
OTHERS += ["RECOVERY_RATE", "MAIL_RATE", "MAIL_AT_ONCE", "JWT_KEYS_DIR", "CORS_ALLOWED_ORIGINS"]
OTHERS += ["STATEMENT_TIMEOUT"]


@pytest.fixture
def load(monkeypatch):
    """The settings of a module, read again with these environment variables and no others."""

    def load(module, **environment):
        for name in [*PRODUCTION, *OTHERS]:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for name in ["config.settings", "config.production"]:
            sys.modules.pop(name, None)
        return importlib.import_module(module)

    return load


@pytest.fixture
def production(load):
    """The production settings, with some of the variables changed. `...` removes one."""

    def production(**changes):
        environment = {k: v for k, v in (PRODUCTION | changes).items() if v is not ...}
        return load("config.production", **environment)

    return production


def test_development_needs_no_environment_variables(load):
    """Without environment variables, the project runs on your machine, with defaults."""
    settings = load("config.settings")

    assert settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert settings.CACHES["default"]["BACKEND"].endswith(".LocMemCache")
    assert settings.JWT_KEYS_DIR == settings.BASE_DIR / "keys"
    assert settings.REST_FRAMEWORK["NUM_PROXIES"] == 0
    assert settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] == {
        "login": "60/minute",
        "registration": "20/hour",
        "guess": "10/hour",
        "recovery": "60/minute",
        "mail": "10/hour",
    }
    assert settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend"
    assert settings.MAIL_AT_ONCE is True
    assert settings.DEFAULT_FROM_EMAIL == "api@localhost"
    assert settings.FRONTEND_URL == "http://127.0.0.1:8000"
    assert settings.CORS_ALLOWED_ORIGINS == []
    assert settings.API_DOCS is True
    assert settings.LINK_LIFETIME == timedelta(hours=1)


def test_settings_come_from_the_environment(load):
    """Keys, a database, a cache, proxies and rates can be set without touching the code."""
    settings = load(
        "config.settings",
        JWT_KEYS_DIR="/run/secrets/keys",
        DATABASE_URL="postgres://ada:pw@db.example.com:5433/api",
        CACHE_URL="redis://cache.example.com:6379/1",
        NUM_PROXIES="2",
        LOGIN_RATE="1/second",
        REGISTRATION_RATE="2/hour",
        GUESS_RATE="3/day",
        RECOVERY_RATE="4/minute",
        MAIL_RATE="5/hour",
        EMAIL_URL="smtp://mail.example.com:25",
        MAIL_AT_ONCE="off",
        DEFAULT_FROM_EMAIL="accounts@example.com",
        FRONTEND_URL="https://www.example.com",
        CORS_ALLOWED_ORIGINS="https://www.example.com,https://app.example.com",
    )

    database = settings.DATABASES["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("ada", "pw")
    assert (database["HOST"], database["PORT"]) == ("db.example.com", 5433)
    assert database["NAME"] == "api"
    assert settings.JWT_KEYS_DIR == Path("/run/secrets/keys")
    assert settings.CACHES["default"] == {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://cache.example.com:6379/1",
    }
    assert settings.REST_FRAMEWORK["NUM_PROXIES"] == 2
    assert settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] == {
        "login": "1/second",
        "registration": "2/hour",
        "guess": "3/day",
        "recovery": "4/minute",
        "mail": "5/hour",
    }
    assert settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
    assert (settings.EMAIL_HOST, settings.EMAIL_PORT) == ("mail.example.com", 25)
    assert settings.MAIL_AT_ONCE is False
    assert settings.CORS_ALLOWED_ORIGINS == ["https://www.example.com", "https://app.example.com"]
    assert settings.DEFAULT_FROM_EMAIL == "accounts@example.com"
    assert settings.FRONTEND_URL == "https://www.example.com"


def test_production_does_not_start_without_its_settings(production):
    """Production has no defaults for these variables, and names the one that is missing."""
    for name in PRODUCTION.keys() - {"DJANGO_SETTINGS_MODULE"}:
        with pytest.raises(ImproperlyConfigured, match=f"^Set the {name} environment variable$"):
            production(**{name: ...})


def test_production_takes_its_settings_from_the_environment(production):
    """The key, host names, cache and proxies come from the environment; errors show no details."""
    settings = production()

    assert settings.DEBUG is False
    assert settings.SECRET_KEY == PRODUCTION["SECRET_KEY"]
    assert settings.ALLOWED_HOSTS[:2] == ["api.example.com", "api.example.org"]
    assert settings.REST_FRAMEWORK["NUM_PROXIES"] == 1
    assert settings.API_DOCS is False
    assert production(API_DOCS="on").API_DOCS is True


def test_production_keeps_database_connections_open(production):
    """Database connections stay open. A cache times out after a second, a statement after five."""
    settings = production(DATABASE_URL="postgres://ada:pw@db.example.com:5433/api")

    assert settings.CACHES["default"] == {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": PRODUCTION["CACHE_URL"],
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    database = settings.DATABASES["default"]
    assert (database["HOST"], database["CONN_MAX_AGE"]) == ("db.example.com", 60)
    assert database["OPTIONS"] == {
        "connect_timeout": 3,
        "tcp_user_timeout": 5000,
        "options": "-c statement_timeout=5000",
    }


def test_a_migration_may_take_longer_than_a_request(production):
    """`STATEMENT_TIMEOUT` changes the limit. Other options of `DATABASE_URL` stay."""
    url = "postgres://ada:pw@db.example.com:5433/api?sslmode=require"

    assert production(DATABASE_URL=url, STATEMENT_TIMEOUT="0").DATABASES["default"]["OPTIONS"] == {
        "sslmode": "require",
        "connect_timeout": 3,
        "tcp_user_timeout": 5000,
        "options": "-c statement_timeout=0",
    }
    assert "OPTIONS" not in production().DATABASES["default"]


def test_production_sends_mail(production):
    """Emails are sent by the server of `EMAIL_URL`, which has five seconds to respond."""
    settings = production()

    assert settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
    assert (settings.EMAIL_HOST, settings.EMAIL_PORT) == ("mail.example.com", 587)
    assert (settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD) == ("ada", "pw")
    assert (settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT) == (True, 5)
    assert settings.DEFAULT_FROM_EMAIL == "accounts@example.com"
    assert settings.FRONTEND_URL == "https://www.example.com"
    assert settings.MAIL_AT_ONCE is False
    assert production(MAIL_AT_ONCE="on").MAIL_AT_ONCE is True


def test_without_database_url_the_database_is_a_file(production):
    """Without `DATABASE_URL` the database is the SQLite file that `DATABASE_PATH` names."""
    settings = production(DATABASE_PATH="/data/db.sqlite3")

    assert settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert settings.DATABASES["default"]["NAME"] == "/data/db.sqlite3"


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_a_server_does_not_start_with_a_short_key(settings, server):
    """gunicorn imports a module and runs no command, so the module runs the checks.

    `BaseCommand().check()` raises the error that also stops `migrate`.
    """
    settings.SECRET_KEY = "short"

    with pytest.raises(SystemCheckError, match="SECRET_KEY has 5 bytes, too few to sign with"):
        importlib.reload(importlib.import_module(f"config.{server}"))


REQUESTS = """
import json
import logging
from django.core.checks import run_checks
from django.test import Client
from authentication.views import CurrentUserAPIView

def broken(self, request):
    raise RuntimeError("on purpose")

client = Client(SERVER_NAME="api.example.com", raise_request_exception=False)
plain = client.get("/api/me")
secure = client.get("/api/me", secure=True)
browser = client.get("/api/me", secure=True, headers={"Accept": "text/html,*/*;q=0.5"})
picture = client.get("/api/me", secure=True, headers={"Accept": "image/png"})
unknown_host = client.get("/api/me", secure=True, headers={"Host": "evil.example.com"})
login = client.get("/admin/login/", secure=True)
style = client.get("/static/admin/css/base.css", secure=True)
posted = client.post("/static/admin/css/base.css", secure=True)
health = client.get("/health/ready", headers={"Host": "127.0.0.1:8000"})
CurrentUserAPIView.permission_classes = []
CurrentUserAPIView.get = broken
error = client.get("/api/me", secure=True)
logging.getLogger("authentication").info("told in passing")
print(json.dumps({
    "deployment": [message.id for message in run_checks(include_deployment_checks=True)],
    "plain": [plain.status_code, plain["Location"]],
    "secure": [secure.status_code, secure["Strict-Transport-Security"]],
    "browser": [browser.status_code, browser["Content-Type"]],
    "picture": [picture.status_code, picture["Content-Type"]],
    "unknown_host": [unknown_host.status_code, unknown_host.json()],
    "cookies": {name: bool(cookie["secure"]) for name, cookie in login.cookies.items()},
    "style": [style.status_code, style["Content-Type"], style["X-Content-Type-Options"]],
    "posted": [posted.status_code, posted.get("Allow")],
    "health": [health.status_code, health.json()],
    "session": CurrentUserAPIView.authentication_classes[-1].__name__,
    "error": [error.status_code, error.json()],
}))
"""


@pytest.fixture(scope="module")
def deployed():
    """The responses and the log of a process with the environment of production."""
    environment = {name: value for name, value in os.environ.items() if name not in OTHERS}
    run = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", REQUESTS],
        cwd=PROJECT,
        env=environment | PRODUCTION | {"JWT_KEYS_DIR": str(settings.JWT_KEYS_DIR)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout), run.stderr


def test_check_deploy_has_no_warnings(deployed):
    """`check --deploy` has no warning left about the production settings."""
    answers, _ = deployed

    assert answers["deployment"] == []


def test_production_serves_the_style_sheets_of_the_admin(deployed):
    """The admin's style sheets are served without `runserver`, with the headers for security.

    A request with another method is a 405.
    """
    answers, _ = deployed

    assert answers["style"] == [200, 'text/css; charset="utf-8"', "nosniff"]
    assert answers["posted"] == [405, "GET, HEAD"]


def test_production_redirects_to_https_and_returns_json(deployed):
    """HTTP is redirected to HTTPS. Responses are JSON without details; other hosts are rejected.

    The health check comes from inside, so it may use HTTP. The log is JSON. It has errors in full,
    and messages of level INFO.
    """
    answers, log = deployed

    assert answers == {
        "deployment": [],
        "plain": [301, "https://api.example.com/api/me"],
        "secure": [401, "max-age=3600; includeSubDomains; preload"],
        "browser": [401, "application/json"],
        "picture": [401, "application/json"],
        "unknown_host": [400, {"detail": "Bad Request."}],
        "cookies": {"csrftoken": True},
        "style": [200, 'text/css; charset="utf-8"', "nosniff"],
        "posted": [405, "GET, HEAD"],
        "health": [200, {"status": "ok"}],
        "session": "JWTAuthentication",
        "error": [500, {"detail": "Internal Server Error."}],
    }
    lines = [json.loads(line) for line in log.splitlines()]
    assert "told in passing" in [line["message"] for line in lines]
    exceptions = [line["exception"].splitlines()[-1] for line in lines if "exception" in line]
    assert exceptions[-1] == "RuntimeError: on purpose"
    assert {line["status"] for line in lines if line["logger"] == "config.logs"} >= {200, 301, 401}
