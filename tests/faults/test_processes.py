"""Processes are killed, asked to end, and have clocks that differ."""

import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.faults.clients import LOST, ME, REFRESHED, Client, different, load, one_of_each, until_each_got
from tests.faults.servers import children, gunicorn, wait_for

ACCEPTED = (202, {"detail": "If there is something to send, an email is on its way."}, None)


@pytest.fixture
def alone(env, empty, tmp_path):
    """A gunicorn for one test."""
    with gunicorn(env, tmp_path) as alone:
        yield alone


def test_workers_are_killed_in_the_middle_of_1000_refreshes(api, clients, sessions):
    """A client whose answer was lost asks again. Nobody is logged out, and each session has one valid token."""

    def refreshed():
        return sum(client.answers().count(REFRESHED) for client in clients)

    with load(clients):
        for number in (250, 500, 750):
            wait_for(lambda number=number: refreshed() >= number)
            os.kill(children(api.process.pid)[0], signal.SIGKILL)
        wait_for(lambda: refreshed() >= 1000)

    seen = different(clients)
    assert seen in (one_of_each([ME, REFRESHED]), one_of_each([ME, REFRESHED, LOST]))
    assert [client.refresh() for client in clients] == [REFRESHED] * len(clients)
    assert sessions() == sorted(client.row for client in clients)


def test_a_lost_answer_comes_again(api, empty, sessions):
    """A client closes its connection before the answer. It asks again, twice, and gets the same refresh token."""
    client = Client(api)
    old = client.tokens["refresh_token"]
    [(_, jti)] = sessions()
    body = json.dumps({"refresh_token": old}).encode()
    lines = ["POST /api/refresh HTTP/1.1", "Host: 127.0.0.1", "X-Forwarded-Proto: https"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    with socket.create_connection(api.address) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
    wait_for(lambda: sessions()[0][1] != jti)
    again = [api.ask("/api/refresh", {"refresh_token": old}) for _ in range(2)]
    client.tokens = again[0][1]

    assert [status for status, _, _ in again] == [200, 200]
    assert again[1][1]["refresh_token"] == client.tokens["refresh_token"]
    assert sessions() == [client.row]
    assert (client.me(), client.refresh()) == (ME, REFRESHED)


def test_requests_in_flight_finish(alone, cluster, sessions):
    """After SIGTERM, gunicorn finishes what it has begun, and ends within 10 seconds. The email stays in the outbox."""
    clients = [Client(alone) for _ in range(alone.THREADS)]
    waiting = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    def is_waiting(table):
        return [query for query in cluster.execute(waiting) if table in query[0]]

    with psycopg.connect("") as lock, ThreadPoolExecutor(len(clients) + 1) as pool:
        lock.execute("LOCK TABLE authentication_session, authentication_mail")
        registration = pool.submit(alone.ask, "/api/registration", {"email": "grace@example.com"})
        wait_for(lambda: is_waiting("authentication_mail"))
        asked = [pool.submit(client.refresh) for client in clients]
        wait_for(lambda: len(is_waiting("authentication_session")) >= 4 and alone.has_accepted_all())
        alone.process.terminate()
        wait_for(lambda: b"Handling signal: term" in alone.log.read_bytes())
        lock.rollback()
        status = alone.process.wait(timeout=10)
        answers = [answer.result() for answer in asked]

    assert (answers, registration.result()) == ([REFRESHED] * len(clients), ACCEPTED)
    assert status == 0
    assert sessions() == sorted(client.row for client in clients)
    assert cluster.execute("SELECT email, tries FROM authentication_mail") == [("grace@example.com", 0)]


def test_clocks_may_be_10_seconds_apart(env, empty, sessions, tmp_path):
    """Two servers, whose clocks differ by 10 seconds, accept each other's tokens. Nobody is logged out."""
    slow = gunicorn(env, tmp_path, "faketime", "-f", "-5s")
    fast = gunicorn(env, tmp_path, "faketime", "-f", "+5s")
    with slow as slow, fast as fast:
        clients = [Client(*servers) for servers in [(slow, fast), (fast, slow)] * 2]
        issued = [client.claims["iat"] < time.time() for client in clients]
        with load(clients):
            until_each_got(clients, ME, times=20)
        lost = clients[0].tokens["refresh_token"]
        again = [server.ask("/api/refresh", {"refresh_token": lost}) for server in (fast, slow, fast)]

    assert issued == [True, False] * 2
    assert different(clients) == one_of_each([ME, REFRESHED])
    clients[0].tokens = again[0][1]
    assert {body["refresh_token"] for _, body, _ in again} == {clients[0].tokens["refresh_token"]}
    assert sessions() == sorted(client.row for client in clients)
