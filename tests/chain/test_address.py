"""The links of `check` lead to a `serve` that responds, to the published site, or to the next `serve`."""

import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from companion.chain import address
from companion.chain.command_line import line
from companion.chain.stages import ROOT

LOCAL = "http://127.0.0.1:8001/"


@pytest.fixture(autouse=True)
def served(tmp_path, monkeypatch):
    """The folder in which a running `serve` writes its URL."""
    folder = tmp_path / "served"
    monkeypatch.setattr(address, "SERVED", folder)
    monkeypatch.delenv("SITE_URL", raising=False)
    return folder


@pytest.fixture
def serve(served):
    """Serves a folder, as a program that has written its URL; returns the URL."""
    servers = []

    def serve(folder):
        class Silent(SimpleHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return write(served, server.server_port)

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def write(served, port):
    served.mkdir(exist_ok=True)
    (served / str(port)).write_text(f"http://127.0.0.1:{port}/")
    return f"http://127.0.0.1:{port}/"


def test_where_nothing_is_served_the_next_serve_is_named():
    """The next `serve` starts at port 8001, and the command that starts it uses this environment's Python."""
    assert (address.site(), address.serve_command()) == (LOCAL, line("serve"))


def test_a_running_serve_is_found_at_its_address(serve, monkeypatch):
    """It comes before the published site, and a proxy is not asked for this machine."""
    monkeypatch.setenv("SITE_URL", "https://site.test/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")

    assert (serve(ROOT / "docs"), "") == (address.site(), address.serve_command())


def test_the_file_of_a_killed_serve_is_ignored(served, serve):
    """A file is ignored if no server, or another program, uses the port; a `serve` that responds is found."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    write(served, port)
    (served / "0").write_text("no address")
    (served / "00").write_text("http://[")
    serve(ROOT / "tests")
    assert (address.site(), address.serve_command()) == (LOCAL, line("serve"))

    assert serve(ROOT / "docs") == address.site()


def test_a_serve_that_rebuilds_at_the_moment_counts_as_running(served, monkeypatch):
    """It accepts the connection, and responds when the page is ready."""
    monkeypatch.setattr(address, "PATIENCE", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as busy:
        assert write(served, busy.getsockname()[1]) == address.site()


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_published_site_is_named_with_one_slash(monkeypatch, slash):
    monkeypatch.setenv("SITE_URL", f"https://site.test/jwt{slash}")

    assert (address.site(), address.serve_command()) == ("https://site.test/jwt/", "")
