"""`serve` on a small site: its port, what it prints and when, and the file with its URL."""

import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from urllib.request import urlopen

import pytest

from companion.chain import address
from companion.chain.stages import ROOT
from companion.site import serve

# A shell starts background jobs with SIGINT ignored, which child processes inherit. These tests need Ctrl+C to work.
RUN = """
import signal, sys
from companion import cli
from companion.site import serve
signal.signal(signal.SIGINT, signal.default_int_handler)
serve.PORT = int(sys.argv[1])
serve.PORTS = range(serve.PORT, serve.PORT + 20)
sys.exit(cli.main(["serve", *sys.argv[2:]]))
"""
# The build stops at the gate, a named pipe, until the test opens it.
HOOK = """
from pathlib import Path

def on_post_build(config):
    gate = Path(config.config_file_path).with_name("gate")
    if gate.exists():
        gate.read_text()
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder with a small site, which has our logo."""
    (tmp_path / "docs/assets").mkdir(parents=True)
    (tmp_path / "docs/index.md").write_text("# Small\n")
    shutil.copy(ROOT / "docs" / address.PROOF, tmp_path / "docs/assets")
    (tmp_path / "hook.py").write_text(HOOK)
    (tmp_path / "mkdocs.yml").write_text("site_name: Small\nhooks: [hook.py]\nwatch: []\n")
    monkeypatch.setattr(address, "SERVED", tmp_path / "served")
    monkeypatch.setenv("TUTORIAL_SERVED", str(tmp_path / "served"))
    monkeypatch.delenv("SITE_URL", raising=False)
    return tmp_path


def first_of_free_ports():
    """Returns a free port with three free ones after it, which the system gives to no program that asks for any."""
    for port in random.sample(range(20000, 32000, 20), 600):
        with ExitStack() as sockets:
            try:
                for number in range(port, port + 4):
                    sockets.enter_context(socket.create_server(("127.0.0.1", number)))
            except OSError:
                continue
            return port
    raise AssertionError("no four free ports in a row")


@contextmanager
def serving(site, port, *options):
    """Starts `serve`, which tries the ports from `port` on, and ends it after the test."""
    command = [sys.executable, "-c", RUN, str(port), "-f", str(site / "mkdocs.yml"), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process):
    """Waits for the URL that `serve` prints, and returns it."""
    while True:
        assert select.select([process.stdout], [], [], 60)[0], "serve prints nothing"
        line = process.stdout.readline().decode()
        assert line, process.stderr.read().decode()
        if "The tutorial" in line:
            return line.split()[2]


def served(site):
    """Returns what running `serve`s have written into their files."""
    return sorted(path.read_text() for path in site.glob("served/*"))


def test_the_url_is_printed_when_the_server_responds(site):
    """While the site is built, nothing is printed or written; then the URL responds at once."""
    os.mkfifo(site / "gate")
    with serving(site, first_of_free_ports()) as process:
        with open(site / "gate", "w"):  # opens when the build has reached the gate
            assert select.select([process.stdout], [], [], 0)[0] == []
            assert served(site) == []
        url = told(process)

        assert b"Small" in urlopen(url).read()
        assert served(site) == [url]
        assert address.site() == url


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_file_is_gone_when_serve_ends(site, number):
    """After Ctrl+C, nox's signal, or closing the window, the file is removed and the exit status is 0."""
    with serving(site, first_of_free_ports()) as process:
        url = told(process)
        assert served(site) == [url]
        process.send_signal(number)
        errors = process.communicate()[1].decode()

        assert (process.returncode, served(site)) == (0, [])
        assert "Traceback" not in errors


def test_a_second_serve_takes_the_next_port_and_leaves_the_first_alone(site):
    """Each has its own file; if the second one ends, the first one is still found."""
    port = first_of_free_ports()
    with serving(site, port) as first:
        one = told(first)
        with serving(site, port) as second:
            two = told(second)
            assert second.stdout.readline() == (
                f"Port {port} is in use, by another program or by another window that shows the tutorial.\n".encode()
            )
            assert (one, two) == (f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port + 1}/")
            assert served(site) == [one, two]
            second.send_signal(signal.SIGINT)
            second.communicate()

        assert served(site) == [one]
        assert address.site() == one
        assert b"Small" in urlopen(one).read()


def test_a_port_that_is_taken_during_the_build_is_not_used(site):
    """If two start at once, both choose the same port; the slower one takes the next, without a traceback."""
    os.mkfifo(site / "gate")
    port = first_of_free_ports()
    with serving(site, port) as process:
        with ExitStack() as other_program:
            with open(site / "gate", "w"):
                (site / "gate").unlink()  # the second build, for the next port, need not stop
                other_program.enter_context(socket.create_server(("127.0.0.1", port)))
            assert told(process) == f"http://127.0.0.1:{port + 1}/"
        process.send_signal(signal.SIGINT)
        assert "Traceback" not in process.communicate()[1].decode()


def test_the_site_is_served_at_the_same_address_even_if_no_file_can_be_written(site, monkeypatch):
    """SITE_URL, with its path, is only for the published site."""
    (site / "mkdocs.yml").write_text('site_name: Small\nhooks: [hook.py]\nsite_url: !ENV [SITE_URL, ""]\n')
    (site / "served").write_text("a file, where the folder would be")
    monkeypatch.setenv("SITE_URL", "https://site.test/jwt/")
    port = first_of_free_ports()
    with serving(site, port) as process:
        assert (url := told(process)) == f"http://127.0.0.1:{port}/"
        assert b"Small" in urlopen(url).read()


def test_without_a_free_port_one_sentence_says_so(site, monkeypatch, run):
    monkeypatch.setattr(serve, "free", lambda port: False)
    monkeypatch.setattr(serve.signal, "signal", lambda *arguments: None)
    monkeypatch.setattr(serve.mkdocs_serve, "LiveReloadServer", None)
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")

    assert run("serve") == (1, "", "Error: No port from 8001 to 8100 is free. Stop a program that uses one.\n")


def test_an_unknown_option_of_mkdocs_is_rejected(site):
    """The message and the exit status are those of MkDocs."""
    with serving(site, first_of_free_ports(), "--no-such-option") as process:
        errors = process.communicate()[1].decode()

        assert process.returncode == 2
        assert "Error: No such option" in errors
        assert "Traceback" not in errors
