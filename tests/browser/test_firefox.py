"""Tests in Firefox, which lacks `interestfor`, that pointing at a dotted word shows its explanation."""

import json
import os
import shutil
import socket
import subprocess
import time

import pytest

OPEN = "return [...document.querySelectorAll('.gl-tip:popover-open')].map((tip) => tip.id)"
CENTRE = """const word = document.querySelector('.md-content button.gl');
    word.scrollIntoView({block: 'center'});
    const {x, y, width, height} = word.getBoundingClientRect();
    return [Math.round(x + width / 2), Math.round(y + height / 2), word.getAttribute('popovertarget')]"""
ESCAPE = "\ue00c"


class Marionette:
    """Controls Firefox with its own protocol, so no driver has to be installed."""

    def __init__(self, connection):
        self.connection, self.answers, self.asked = connection, connection.makefile("rb"), 0
        self._read()  # its greeting

    def __call__(self, command, **parameters):
        """Returns the result of a command. Raises RuntimeError if Firefox rejects it."""
        self.asked += 1
        message = json.dumps([0, self.asked, command, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(error["message"])
        return result

    def _read(self):
        length = b""
        while (byte := self.answers.read(1)) != b":":
            length += byte
        return json.loads(self.answers.read(int(length)))

    def run(self, script):
        return self("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def wait(self, script, wanted):
        """Waits until the script returns the expected value, at most 20 seconds."""
        until = time.monotonic() + 20
        while (found := self.run(script)) != wanted:
            assert time.monotonic() < until, found

    def point(self, x, y):
        move = {"type": "pointerMove", "x": x, "y": y, "duration": 0}
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move]}
        self("WebDriver:PerformActions", actions=[mouse])

    def press(self, key):
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self("WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": keys}])


@pytest.fixture(scope="module")
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


def test_pointing_at_a_word_shows_what_it_means(firefox, site):
    """Escape hides the explanation, and so does moving the pointer away. The page below does not move."""
    firefox("WebDriver:Navigate", url=f"{site}chapters/04-authentication-backend/")
    x, y, meaning = firefox.run(CENTRE)
    place = "return document.querySelector('.rd-step').getBoundingClientRect().top"
    top = firefox.run(place)
    assert firefox.run(OPEN) == []

    firefox.point(x, y)
    firefox.wait(OPEN, [meaning])
    assert firefox.run(place) == top
    firefox.press(ESCAPE)
    firefox.wait(OPEN, [])

    firefox.point(0, 0)
    firefox.point(x, y)
    firefox.wait(OPEN, [meaning])
    firefox.point(0, 0)
    firefox.wait(OPEN, [])


def test_coming_to_a_word_by_key_shows_what_it_means(firefox, site):
    """Escape hides the explanation and does not move the focus."""
    firefox("WebDriver:Navigate", url=f"{site}chapters/04-authentication-backend/")
    *_, meaning = firefox.run(CENTRE)
    focused = "return document.activeElement.getAttribute('popovertarget')"
    for _ in range(60):
        if firefox.run(focused) == meaning:
            break
        firefox.press("\ue004")  # Tab

    firefox.wait(OPEN, [meaning])
    firefox.press(ESCAPE)
    firefox.wait(OPEN, [])
    assert firefox.run(focused) == meaning
