"""The last stage as in production, on a PostgreSQL that is stopped, restarted and read-only: pg_virtualenv starts it."""

import http.client
import json
import os
import re
import subprocess

import psycopg
import pytest

from companion.chain.stages import ROOT

LOGIN = {"email": "ada@example.com", "password": "correct horse battery staple"}
AWAY = {"detail": "The database is not available right now. Try again later.", "code": "try_again_later"}
THREADS = 2 * 4


def cluster(action, *options):
    """Starts, stops or restarts the temporary PostgreSQL, and waits for it."""
    command = ["pg_ctlcluster", os.environ["PGVERSION"], "regress", action, *options]
    subprocess.run(command, check=True, capture_output=True)


def restart_with(setting):
    """Changes a setting. After a restart, it is true for every connection."""
    with psycopg.connect("", autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM {setting}")
    cluster("restart", "-m", "fast")


def rows():
    """How many sessions and emails there are."""
    with psycopg.connect("") as connection:
        tables = ("authentication_session", "authentication_mail")
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]


@pytest.fixture
def ask(address):
    """Sends a request, as a proxy with HTTPS does. Returns status, body and `Retry-After`."""

    def ask(path, data=None, token=None):
        connection = http.client.HTTPConnection(*address, timeout=30)
        headers = {"Content-Type": "application/json", "X-Forwarded-Proto": "https"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        connection.request("POST" if data else "GET", path, json.dumps(data) if data else None, headers)
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
        return response.status, body, response.getheader("Retry-After")

    return ask


@pytest.fixture
def tokens(ask):
    """The tokens of a login, after which all threads have an open connection."""
    status, tokens, _ = ask("/api/login", LOGIN)
    assert status == 200
    for _ in range(4 * THREADS):
        assert ask("/api/me", token=tokens["access_token"])[0] == 200
    return tokens


def test_no_request_fails_after_a_restart(ask, tokens):
    """Connections that were open before a restart are replaced before a request uses them."""
    for mode in ("fast", "immediate"):
        cluster("restart", "-m", mode)

        answers = [ask("/api/me", token=tokens["access_token"])[0] for _ in range(8 * THREADS)]
        assert answers == [200] * (8 * THREADS)


def test_a_database_that_is_down_is_a_503(ask, tokens):
    """While PostgreSQL is down, the API and /health/ready return 503 in JSON. Then they work again by themselves."""
    cluster("stop", "-m", "fast")
    down = [ask("/api/me", token=tokens["access_token"]), ask("/api/login", LOGIN), ask("/health/ready")]
    refresh = {"refresh_token": tokens["refresh_token"]}
    lost, live = ask("/api/refresh", refresh), ask("/health/live")
    cluster("start")

    assert down == [(503, AWAY, "10"), (503, AWAY, "10"), (503, {"status": "unavailable"}, "10")]
    assert (lost, live) == ((503, AWAY, "10"), (200, {"status": "ok"}, None))
    assert ask("/health/ready") == (200, {"status": "ok"}, None)
    assert ask("/api/refresh", refresh)[0] == 200
    assert [ask("/api/me", token=tokens["access_token"])[0] for _ in range(4 * THREADS)] == [200] * (4 * THREADS)


def test_reads_go_on_with_a_read_only_database(ask, tokens):
    """While PostgreSQL is read-only, requests that only read succeed. The others return 503 and change nothing."""
    before = rows()
    restart_with("SET default_transaction_read_only = on")
    reads = ask("/api/me", token=tokens["access_token"])
    refresh = {"refresh_token": tokens["refresh_token"]}
    writes = [ask("/api/login", LOGIN), ask("/api/refresh", refresh), ask("/api/registration", {"email": "g@x.org"})]
    ready = ask("/health/ready")
    after = rows()
    restart_with("RESET default_transaction_read_only")

    assert reads[0] == 200
    assert writes == [(503, AWAY, "10")] * 3
    assert ready == (503, {"status": "read-only"}, "10")
    assert after == before
    assert ask("/api/refresh", refresh)[0] == 200
    assert ask("/health/ready")[0] == 200


def test_a_backup_can_be_restored(ask, tokens, tmp_path):
    """The commands of docs/operations.md dump the database, and restore what was deleted since."""
    page = (ROOT / "docs/operations.md").read_text()
    file, before = tmp_path / "api.dump", rows()
    dump, restore = (re.search(rf"{name} --username=api (.*?) [a<]", page)[1] for name in ("pg_dump", "pg_restore"))

    subprocess.run(["pg_dump", *dump.split(), f"--file={file}"], check=True)
    with psycopg.connect("") as connection:
        connection.execute("DELETE FROM authentication_session")
    assert ask("/api/me", token=tokens["access_token"])[0] == 401
    restored = restore.replace("=api", "=postgres").split()
    subprocess.run(["pg_restore", *restored, str(file)], check=True)

    assert rows() == before
    assert ask("/api/me", token=tokens["access_token"])[0] == 200
