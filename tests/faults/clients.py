"""Clients that are logged in, and go on while something fails."""

import contextlib
import itertools
import json
import threading
import time
from base64 import urlsafe_b64decode
from http.client import HTTPException

from tests.faults.servers import wait_for

LOGIN = {"email": "ada@example.com", "password": "correct horse battery staple"}
ME = (200, {"id": 1, "email": "ada@example.com", "username": "ada"}, None)
AWAY = (
    503,
    {"detail": "The database is not available right now. Try again later.", "code": "try_again_later"},
    "10",
)
TOKENS = ["access_token", "expires_in", "refresh_token", "token_type"]
REFRESHED = (200, TOKENS, None)
LOST = "no answer"


class Client:
    """One login. It keeps its newest tokens, and what it has seen."""

    def __init__(self, *servers):
        self.seen, self.turns = [], itertools.cycle([*servers, *reversed(servers)])
        status, self.tokens, _ = servers[0].ask("/api/login", LOGIN)
        assert status == 200

    @property
    def claims(self):
        """The claims of its refresh token."""
        payload = self.tokens["refresh_token"].split(".")[1]
        return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    @property
    def row(self):
        """Its row in the table of sessions, as its refresh token describes it."""
        return self.claims["sid"], self.claims["jti"]

    def me(self):
        """Asks who it is. Of several servers, each request goes to another one, in all orders."""
        return next(self.turns).ask("/api/me", token=self.tokens["access_token"])

    def refresh(self):
        """Refreshes its tokens. Without an answer it keeps the old ones, as a client does that tries again."""
        status, body, again = next(self.turns).ask("/api/refresh", {"refresh_token": self.tokens["refresh_token"]})
        if status == 200:
            self.tokens, body = body, sorted(body)
        return status, body, again

    def go_on(self):
        """Sends both requests, and notes when each was sent and what it got."""
        for request in (self.refresh, self.me):
            sent = time.monotonic()
            try:
                answer = request()
            except (OSError, HTTPException):
                answer = LOST
            self.seen.append((sent, answer))

    def answers(self, since=0.0):
        """What it got for the requests that it sent since then."""
        return [answer for sent, answer in list(self.seen) if sent >= since]


@contextlib.contextmanager
def load(clients):
    """As long as the block, the clients send one request after the other, all at the same time."""
    stopping = threading.Event()

    def go_on(client):
        while not stopping.is_set():
            client.go_on()

    threads = [threading.Thread(target=go_on, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def until_each_got(clients, answer, times=1, seconds=60):
    """Waits until each client got this answer, from now on, so many times."""
    now = time.monotonic()
    wait_for(lambda: all(client.answers(now).count(answer) >= times for client in clients), seconds)


def different(clients, since=0.0):
    """Each different answer that the clients got, once, in the order of their text."""
    return one_of_each(answer for client in clients for answer in client.answers(since))


def one_of_each(answers):
    """Each different answer once, in the order of their text."""
    return [json.loads(text) for text in sorted({json.dumps(answer) for answer in answers})]
