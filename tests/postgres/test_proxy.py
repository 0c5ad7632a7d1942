"""nginx, with the configuration of the last stage, in front of gunicorn."""

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from companion.chain.stages import find

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
# Around the file that nginx includes. All that it writes is in one folder.
AROUND = """
pid {folder}/pid;
error_log {folder}/error.log;
user root;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    include {folder}/site.conf;
}}
"""
CERTIFICATE = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=api.example.com -keyout privkey.pem -out"
BODY = b"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
SLOW = [b"GET /api/me HTTP/1.1\r\nHost: 127.0", BODY]


@pytest.fixture
def connect(address):
    """Opens a connection to nginx, which listens at a socket in a folder, not at a port."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as opened:
        folder = Path(name)
        subprocess.run([*CERTIFICATE.split(), "fullchain.pem"], cwd=folder, check=True, capture_output=True)
        text = (find("final").path / "nginx.conf").read_text().replace("/certificates", name)
        text = text.replace("/dev/stdout", f"{name}/access.log").replace("api:8000", f"{address[0]}:{address[1]}")
        text = text.replace("listen 443", f"listen unix:{name}/https").replace("listen 80", f"listen unix:{name}/http")
        (folder / "site.conf").write_text(text)
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        command = [NGINX, "-c", str(folder / "nginx.conf")]
        subprocess.run(command, check=True)  # it ends when the sockets are open

        def connect():
            context = ssl.create_default_context(cafile=folder / "fullchain.pem")
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(60)
            plain.connect(f"{name}/https")
            return opened.enter_context(context.wrap_socket(plain, server_hostname="api.example.com"))

        yield connect
        subprocess.run([*command, "-s", "stop"], check=True)


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


def test_a_large_body_is_rejected_in_json(connect):
    """nginx rejects a body of more than 128 KiB, with JSON."""
    status, _, body = answer(connect(), "POST /api/login HTTP/1.1", b"x" * (128 * 1024 + 1))

    assert (status, body) == (413, {"detail": "Content Too Large."})


def test_headers_of_a_client_are_replaced(connect):
    """The client chooses no request id, and cannot say that it came without HTTPS. `SCRIPT_NAME` is removed."""
    lied = "X-Request-ID: mine\r\nX-Forwarded-Proto: http\r\nX-Forwarded-For: 192.0.2.9\r\nSCRIPT_NAME: /x"
    status, headers, _ = answer(connect(), f"GET /api/me HTTP/1.1\r\n{lied}")

    assert (status, headers["X-Request-ID"] == "mine") == (401, False)
