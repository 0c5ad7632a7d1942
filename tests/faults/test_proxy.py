"""nginx, with the configuration of the last stage, in front of gunicorn."""

import http.client
import json
import re
import socket
import ssl
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.faults.servers import frozen, nginx

BODY = b"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
SLOW = [b"GET /api/me HTTP/1.1\r\nHost: 127.0", BODY]


@contextmanager
def proxy(*addresses):
    """Runs nginx in front of these addresses. Yields a function that opens a connection to it."""
    with tempfile.TemporaryDirectory() as folder, nginx(folder, *addresses) as listening, ExitStack() as opened:

        def connect(timeout=60):
            context = ssl.create_default_context(cafile=Path(folder, "fullchain.pem"))
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(timeout)
            plain.connect(str(listening))
            return opened.enter_context(context.wrap_socket(plain, server_hostname="api.example.com"))

        yield connect


@pytest.fixture
def connect(api):
    with proxy(api.address) as connect:
        yield connect


def answer(connection, request, body=b""):
    """Sends a request. Returns status, headers and body."""
    connection.sendall(f"{request}\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, dict(response.getheaders()), json.loads(response.read())


def test_slow_clients_do_not_stop_the_others(connect):
    """While 24 clients send half a request and wait, which is three for each thread, others get a response."""
    waiting = [connect() for _ in range(24)]
    for number, connection in enumerate(waiting):
        connection.sendall(SLOW[number % 2])

    status, headers, body = answer(connect(), "GET /api/me HTTP/1.1")
    assert (status, body) == (401, {"detail": "Authentication credentials were not provided."})
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])


def test_one_client_cannot_occupy_all_connections(connect):
    """While 50 requests of one IP address wait, its next one gets a 429."""
    waiting = [connect() for _ in range(50)]
    for connection in waiting:
        connection.sendall(BODY)

    status, headers, body = answer(connect(), "GET /api/me HTTP/1.1")
    assert (status, headers["Retry-After"], body) == (429, "1", {"detail": "Too Many Requests."})


def test_one_client_cannot_occupy_all_threads(connect):
    """One IP address can send 101 requests in a row, faster than 50 a second. Then it gets a 429."""
    connection = connect()
    for _ in range(101):
        assert answer(connection, "GET /api/me HTTP/1.1")[0] == 401

    status, headers, body = answer(connection, "GET /api/me HTTP/1.1")
    assert (status, headers["Retry-After"], body) == (429, "1", {"detail": "Too Many Requests."})


def test_the_readiness_check_is_not_public(connect):
    """Each request to `/health/ready` opens a connection to the database, so nginx does not forward it."""
    status, _, body = answer(connect(), "GET /health/ready HTTP/1.1")

    assert (status, body) == (404, {"detail": "Not Found."})
    assert answer(connect(), "GET /health/live HTTP/1.1")[0] == 200


def test_a_large_body_is_rejected_in_json(connect):
    """nginx rejects a body of more than 128 KiB, with JSON."""
    status, _, body = answer(connect(), "POST /api/login HTTP/1.1", b"x" * (128 * 1024 + 1))

    assert (status, body) == (413, {"detail": "Content Too Large."})


def test_headers_of_a_client_are_replaced(connect):
    """The client chooses no request id, and cannot say that it came without HTTPS. `SCRIPT_NAME` is removed."""
    lied = "X-Request-ID: mine\r\nX-Forwarded-Proto: http\r\nX-Forwarded-For: 192.0.2.9\r\nSCRIPT_NAME: /x"
    status, headers, _ = answer(connect(), f"GET /api/me HTTP/1.1\r\n{lied}")

    assert (status, headers["X-Request-ID"] == "mine") == (401, False)


def test_a_frozen_api_is_a_504(api, connect):
    """If gunicorn answers nothing, nginx does. The client waits 16 seconds: docs/operations.md promises 15."""
    with frozen(api.processes()):
        status, headers, body = answer(connect(timeout=16), "GET /api/me HTTP/1.1")

    assert (status, headers["Retry-After"]) == (504, "10")
    assert body == {"detail": "The API is not available right now.", "code": "try_again_later"}
    assert answer(connect(), "GET /api/me HTTP/1.1")[0] == 401


def test_logins_go_to_a_container_of_their_own(api):
    """If that container is down, a login gets a 504, also in a browser. Other requests go on."""
    with proxy(api.address, ("127.0.0.1", 1)) as connect:
        for path in ["/api/login", "/api/login/", "/api/browser/login"]:
            status, headers, body = answer(connect(), f"POST {path} HTTP/1.1", b"{}")
            assert (status, headers["Retry-After"], body["code"]) == (504, "10", "try_again_later")
        assert answer(connect(), "GET /api/me HTTP/1.1")[0] == 401
