"""Makes the mistakes of docs/troubleshooting.md whose messages a browser prints, and compares the messages."""

import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from companion.chain.stages import ROOT, copy, find

PAGE = (ROOT / "docs/troubleshooting.md").read_text()
SHOWN = re.search(r"^### .*?\{ #cors \}\n\n```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)[1]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Prints nothing."""


@pytest.fixture
def api(tmp_path):
    """Yields the URL of stage 07, served by `runserver` on a free port."""
    folder = copy(find("07-urls"), tmp_path / "api")
    command = [sys.executable, "-u", "manage.py", "runserver", "--noreload", "--skip-checks", "127.0.0.1:0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        printed = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stdout)
        yield next(found for found in printed if found)[0]
        server.terminate()


@pytest.fixture
def origin(tmp_path):
    """Yields the URL of a page on another port, which is another origin."""
    (tmp_path / "index.html").write_text("<!doctype html><title>A page</title>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_page_on_another_origin_is_blocked(browser, api, origin):
    """The browser sends OPTIONS and gets no permission. Its console says so, and the page gets an error."""
    page = browser.new_page()
    page.goto(origin)
    with page.expect_console_message(lambda message: "CORS" in message.text) as said:
        failed = page.evaluate(
            """address => fetch(address, {headers: {Authorization: "Bearer x"}}).then(() => null, (error) => String(error))""",
            f"{api}/api/me",
        )
    page.close()

    wanted = SHOWN.replace("http://127.0.0.1:8000", api).replace("http://127.0.0.1:3000", origin)
    assert failed == "TypeError: Failed to fetch"
    assert said.value.text == wanted
