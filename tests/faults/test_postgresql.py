"""PostgreSQL is stopped, restarted, frozen, read-only, without space, and restored from a backup."""

import itertools
import os
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from companion.chain.stages import ROOT
from tests.faults.clients import AWAY, LOGIN, ME, REFRESHED, different, load, one_of_each, until_each_got
from tests.faults.servers import frozen

SUDO = [] if os.geteuid() == 0 else ["sudo"]
READY = (200, {"status": "ok"}, None)
ACCEPTED = (202, {"detail": "If there is something to send, an email is on its way."}, None)


@pytest.fixture
def rows(cluster):
    """Counts sessions and emails."""

    def rows():
        tables = ("authentication_session", "authentication_mail")
        return [cluster.execute(f"SELECT count(*) FROM {table}")[0][0] for table in tables]

    return rows


def test_no_request_fails_after_a_restart(api, cluster, client):
    """Connections that were open before a restart are replaced before a request uses them."""
    for mode in ("fast", "immediate"):
        opened = [client.me() for _ in range(4 * api.THREADS)]
        cluster.control("restart", "-m", mode)

        assert [*opened, *(client.me() for _ in range(8 * api.THREADS))] == [ME] * 12 * api.THREADS


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgresql_stops_and_starts_under_load(api, cluster, clients, sessions, mode):
    """Meanwhile each request gets the promised 503. Afterwards none fails, and nobody is logged out."""
    with load(clients):
        until_each_got(clients, ME, times=5)
        with cluster.stopped(mode):
            until_each_got(clients, AWAY, times=5)
            down = [api.ask("/health/ready"), api.ask("/health/live"), api.ask("/api/login", LOGIN)]
        up = time.monotonic()
        until_each_got(clients, ME, times=20)

    assert down == [(503, {"status": "unavailable"}, "10"), READY, AWAY]
    assert different(clients) == one_of_each([ME, REFRESHED, AWAY])
    assert different(clients, since=up) == one_of_each([ME, REFRESHED])
    assert sessions() == sorted(client.row for client in clients)
    assert api.ask("/health/ready") == READY


def test_a_frozen_postgresql(api, cluster, client):
    """Though PostgreSQL answers nothing, the API does. The clients wait as long as docs/operations.md promises."""
    token = client.tokens["access_token"]
    with frozen(cluster.processes()), ThreadPoolExecutor() as pool:
        ready = pool.submit(api.ask, "/health/ready", timeout=5)
        answers = [pool.submit(api.ask, "/api/me", token=token, timeout=10) for _ in range(2)]

    assert ready.result() == (503, {"status": "unavailable"}, "10")
    assert [answer.result() for answer in answers] == [AWAY] * 2
    assert [client.me() for _ in range(4 * api.THREADS)] == [ME] * 4 * api.THREADS


def test_postgresql_freezes_under_load(api, cluster, clients, sessions):
    """Meanwhile each request gets the promised 503. Afterwards none fails, and nobody is logged out."""
    with load(clients):
        until_each_got(clients, ME, times=5)
        with frozen(cluster.processes()):
            until_each_got(clients, AWAY, times=2)
        up = time.monotonic()
        until_each_got(clients, ME, times=20)

    assert different(clients) == one_of_each([ME, REFRESHED, AWAY])
    assert different(clients, since=up) == one_of_each([ME, REFRESHED])
    assert sessions() == sorted(client.row for client in clients)
    assert api.ask("/health/ready") == READY


def test_reads_go_on_with_a_read_only_database(api, cluster, client, rows):
    """While PostgreSQL is read-only, requests that only read succeed. The others return 503 and change nothing."""
    before = rows()
    with cluster.read_only():
        reads = client.me()
        writes = [api.ask("/api/login", LOGIN), client.refresh(), api.ask("/api/registration", LOGIN)]
        ready = api.ask("/health/ready")
        after = rows()

    assert reads == ME
    assert writes == [AWAY] * 3
    assert ready == (503, {"status": "read-only"}, "10")
    assert after == before
    assert client.refresh() == REFRESHED
    assert api.ask("/health/ready") == READY


def test_the_admin_returns_503_without_a_database(api, cluster):
    """A page of the admin that needs the database has the same status and header."""
    with cluster.stopped():
        answer = api.request("/admin/", Cookie=f"sessionid={'x' * 32}")

    assert answer == (503, b"The database is not available right now. Try again later.", "10")


@pytest.fixture
def small(cluster, empty):
    """A file system of 1 MiB, which has the table of emails."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        subprocess.run([*SUDO, "mount", "-t", "tmpfs", "-o", "size=1m,mode=1777", "tmpfs", name], check=True)
        folder = Path(name, "tablespace")
        folder.mkdir()
        owner = str(Path("/proc", str(cluster.processes()[0])).stat().st_uid)
        subprocess.run([*SUDO, "chown", owner, folder], check=True)
        cluster.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        cluster.execute("ALTER TABLE authentication_mail SET TABLESPACE small")
        yield Path(name)
        cluster.execute("ALTER TABLE authentication_mail SET TABLESPACE pg_default")
        cluster.execute("DROP TABLESPACE small")
        subprocess.run([*SUDO, "umount", "--lazy", name], check=True)


def fill(path):
    """Writes a file until the file system has no space left."""
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))


def test_no_space_for_the_outbox(api, client, rows, small):
    """Without space for an email, the response is a 503, and nothing of the request is saved. Then it works again."""
    register = partial(api.ask, "/api/registration", {"email": "grace@example.com"})
    first = register()
    with pytest.raises(OSError, match="No space left"):
        fill(small / "rest")
    answers = list(itertools.takewhile(lambda answer: answer != AWAY, (register() for _ in range(1000))))
    full = rows()
    new = {"password": LOGIN["password"], "new_password": "another battery staple"}
    changes = api.ask("/api/password/change", new, client.tokens["access_token"]), register()
    (small / "rest").unlink()

    assert len(answers) < 1000
    assert [first, *answers] == [ACCEPTED] * (1 + len(answers))
    assert changes == (AWAY, AWAY)
    assert rows() == full == [1, 1 + len(answers)]
    assert (client.me(), client.refresh(), api.ask("/api/login", LOGIN)[0]) == (ME, REFRESHED, 200)
    assert register() == ACCEPTED


def test_a_backup_can_be_restored(client, cluster, rows, tmp_path):
    """The commands of docs/operations.md dump the database, and restore what was deleted since."""
    page = (ROOT / "docs/operations.md").read_text()
    file, before = tmp_path / "api.dump", rows()
    dump, restore = (re.search(rf"{name} --username=api (.*?) [a<]", page)[1] for name in ("pg_dump", "pg_restore"))

    subprocess.run(["pg_dump", *dump.split(), f"--file={file}"], check=True)
    cluster.execute("DELETE FROM authentication_session")
    assert client.me()[0] == 401
    restored = restore.replace("=api", "=postgres").split()
    subprocess.run(["pg_restore", *restored, str(file)], check=True)

    assert rows() == before
    assert client.me() == ME
