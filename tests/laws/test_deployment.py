"""compose.yaml and nginx.conf of the last stage match its settings and its image."""

import json
import re

import pytest
import yaml

from companion.chain.stages import ROOT, find
from tests.laws.test_variables import read_by

FINAL = find("final").path
OURS = ["migrate", "api", "logins", "worker"]


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((FINAL / "compose.yaml").read_text())["services"]


def test_every_required_variable_is_passed_on(services):
    """The four services of our image get each variable that production requires, and three others."""
    passed_on = {name for name, default in read_by("production.py").items() if default is None}
    passed_on |= {"DATABASE_URL", "CORS_ALLOWED_ORIGINS", "FORWARDED_ALLOW_IPS"}

    for name in OURS:
        assert passed_on <= set(services[name]["environment"])


def test_the_api_starts_after_the_migrations(services):
    """One service migrates. The others start after it has succeeded."""
    assert services["migrate"]["command"] == ["python", "manage.py", "migrate", "--noinput"]
    assert services["migrate"]["environment"]["STATEMENT_TIMEOUT"] == "0"
    for name in OURS[1:]:
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert "migrate" not in services[name]["command"]


def test_only_the_proxy_can_be_reached(services):
    """Only the proxy publishes ports. The files of our image are read-only."""
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert [name for name, service in services.items() if service.get("read_only")] == OURS


def test_the_migrations_wait_until_postgresql_listens(services):
    """While it prepares its first database, PostgreSQL is ready only on a socket in its container, which proves nothing."""
    test = ["CMD", "pg_isready", "--host=127.0.0.1", "--username=api"]

    assert services["postgres"]["healthcheck"]["test"] == test
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_no_log_fills_the_disk(services):
    """Docker's driver `local` removes old lines. Its default removes none, and anybody can cause lines."""
    assert [service.get("logging") for service in services.values()] == [{"driver": "local"}] * len(services)


def test_the_proxy_does_what_the_chapter_says():
    """nginx limits bodies as the settings do, waits at most 15 seconds, and replaces the headers that Django trusts."""
    text = (FINAL / "nginx.conf").read_text()
    settings = (FINAL / "config/settings.py").read_text()
    directives = dict(re.findall(r"^\s+(\w+) (\S.*);$", text, re.MULTILINE))
    headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", text))

    assert directives["client_max_body_size"] == "128k"
    assert "DATA_UPLOAD_MAX_MEMORY_SIZE = 128 * 1024" in settings
    assert (directives["proxy_request_buffering"], directives["proxy_read_timeout"]) == ("on", "15s")
    # Only the name in a variable is looked up again, so a new container is found.
    assert directives["proxy_pass"] == "$upstream"
    assert directives["resolver"] == "127.0.0.11 valid=5s"
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert (headers["X-Forwarded-Proto"], headers["X-Request-ID"]) == ("$scheme", "$request_id")


GUNICORN = """
from gunicorn.config import Config
from gunicorn.glogging import Logger
settings = {}
exec(open("gunicorn.conf.py").read(), settings)
config = Config()
for name in ("logconfig_dict", "control_socket_disable"):
    config.set(name, settings[name])
logger = Logger(config)
logger.info("Listening")
logger.access_log.info("GET /?token=secret")
"""


def test_gunicorn_writes_json_to_one_stream(run):
    """gunicorn writes each message once, as JSON on stderr. It does not log requests with their query strings."""
    done = run(FINAL, "-c", GUNICORN)

    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert (json.loads(line)["logger"], json.loads(line)["message"]) == ("gunicorn.error", "Listening")


def test_the_docs_list_every_fault_that_was_tried():
    """The table of docs/operations.md names each test of tests/faults, and no other."""
    table = (ROOT / "docs/operations.md").read_text().partition("{ #tried }")[2].partition("\n## ")[0]
    tests = "".join(path.read_text() for path in (ROOT / "tests/faults").glob("test_*.py"))

    assert sorted(re.findall(r"`(test_\w+)`", table)) == sorted(re.findall(r"^def (test_\w+)", tests, re.MULTILINE))
