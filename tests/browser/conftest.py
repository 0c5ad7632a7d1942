"""Fixtures: a real browser, the built site, and a server that compresses like a real one."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer

import pytest

from companion.chain.stages import ROOT, stages
from tests.browser.chromium import chromium
from tests.browser.hosting import Compressing
from tests.browser.marionette import Marionette

CHAPTERS = [stage.name for stage in stages()]


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Returns the folder of the site, built with `--strict`."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    # With a repository, so that the pages have all their links.
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1", "REPO_URL": "https://code.test"}
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def site(built):
    """Yields the URL of the site, with a slash at its end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressing, directory=str(built)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def addresses(built):
    """Returns the address of every page. Of the pages with files and tests, those of one chapter stand for all."""
    paths = {*built.rglob("index.html"), built / "404.html", *built.glob("chapters/15-refresh-tokens/*.html")}
    return [path.relative_to(built).as_posix().removesuffix("index.html") for path in sorted(paths)]


@pytest.fixture(scope="session")
def browser():
    """Yields Chromium, started once for all tests."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def firefox(tmp_path_factory):
    """Yields the installed Firefox, without a window and with a new profile."""
    path = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    assert path, "no Firefox is here: apt-get install firefox-esr, or set FIREFOX to the path of one"
    profile = tmp_path_factory.mktemp("firefox")
    (profile / "user.js").write_text('user_pref("marionette.port", 0);\n')
    command = [path, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        try:
            port = profile / "MarionetteActivePort"
            while not (port.is_file() and port.read_text()):
                assert process.poll() is None, "Firefox has ended"
            with socket.create_connection(("127.0.0.1", int(port.read_text()))) as connection:
                firefox = Marionette(connection)
                firefox("WebDriver:NewSession", capabilities={})
                yield firefox
        finally:
            process.kill()


@pytest.fixture
def visit(browser, site):
    """Opens a page of the site in a new browser profile: `visit("chapters/08-urls/", width=390)`.

    Further options are Playwright's, for instance `color_scheme="dark"` or `java_script_enabled=False`.
    """
    contexts = []

    def visit(address="", width=1440, height=900, **options):
        options = {"reduced_motion": "reduce", "permissions": ["clipboard-read", "clipboard-write"]} | options
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(site + address)
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def loaded(browser, site, chapter):
    """Loads a chapter once for all tests that only read it: pytest runs the tests of one chapter after each other."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(site + chapter)
    yield page
    context.close()


@pytest.fixture(scope="session")
def unscripted(browser, site, chapter):
    """Loads a chapter once, without scripts, for the tests that only follow its links."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(site + chapter)
    yield page
    context.close()


@pytest.fixture
def opened(loaded):
    """Returns the loaded chapter in a wide window, at its top."""
    loaded.set_viewport_size({"width": 1440, "height": 900})
    loaded.evaluate("scrollTo(0, 0)")
    return loaded


@pytest.fixture
def page(visit):
    """Opens the chapter on tokens in a wide window."""
    return visit("chapters/04-tokens/")


def pytest_generate_tests(metafunc):
    """Runs a test with the argument `chapter` for each chapter."""
    if "chapter" in metafunc.fixturenames:
        metafunc.parametrize("chapter", [f"chapters/{name}/" for name in CHAPTERS], ids=CHAPTERS, scope="session")
