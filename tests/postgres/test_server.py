import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from companion import postgres


@pytest.fixture(scope="module")
def address():
    """The address of a server that runs as long as the tests of this module."""
    with postgres.server() as address:
        yield address


def connect(address, statement="SELECT current_user"):
    """What a statement answers there, asked by a process of its own."""
    code = "import psycopg, sys; print(psycopg.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])"
    return subprocess.run([sys.executable, "-c", code, address, statement], capture_output=True, text=True)


def test_the_server_answers_at_its_address(address):
    """The address has all that a client needs."""
    assert connect(address).stdout == "companion\n"


def test_the_server_wants_its_password(address):
    """Other people on this machine cannot use it."""
    done = connect(address.replace(urlsplit(address).password, "wrong"))

    assert done.returncode == 1
    assert 'password authentication failed for user "companion"' in done.stderr


def test_the_server_knows_capitals_of_all_scripts(address):
    """Lower case is that of UTF-8, as on any server that one deploys with."""
    assert connect(address, "SELECT lower('ÄRGER')").stdout == "ärger\n"


def test_nothing_is_left_of_the_server():
    """After the block the port is free, and the folder is gone."""
    with postgres.server() as address:
        data = Path(connect(address, "SHOW data_directory").stdout.strip())
        assert data.is_dir()

    with socket.socket() as port:
        assert port.connect_ex(("127.0.0.1", urlsplit(address).port)) != 0
    assert not data.parent.exists()


def test_what_a_program_says_is_shown():
    """When a program fails, its own words tell why."""
    with pytest.raises(postgres.NoPostgres, match="^initdb failed:\ninitdb: error: no data directory specified"):
        postgres._run(postgres.ordinary_user(), postgres.find(), "initdb")


def test_the_server_never_runs_as_root(monkeypatch):
    """PostgreSQL refuses to run as root, so root hands it over; anybody else runs it alone."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert postgres.ordinary_user() in postgres.ORDINARY

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert postgres.ordinary_user() is None
