"""Controls an installed Firefox with its own protocol."""

import json
import time


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
