"""The second service, over HTTP. It gets the keys from the API, and needs nothing else."""

import importlib
import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from wsgiref.simple_server import WSGIRequestHandler, make_server

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.signals import request_started

import reports
from authentication.tokens import issue_refresh_token

KEYS_URL = "/.well-known/jwks.json"
NEW = "2026-02-01T000000Z-0b7e44d2"
REFUSED = (401, {"detail": "The token is invalid."})
AWAY = (503, {"detail": "The keys cannot be fetched."})


class Handler(WSGIRequestHandler):
    def log_message(self, *args):
        """Print nothing for each request."""


@pytest.fixture
def asked(live_server, monkeypatch):
    """The paths that the API was asked for. The second service starts with no key in its memory."""
    paths = []
    restart(monkeypatch, live_server.url)

    def note(environ, **kwargs):
        paths.append(environ["PATH_INFO"])

    request_started.connect(note)
    yield paths
    request_started.disconnect(note)


def restart(monkeypatch, url):
    """Start the second service again, with the keys of the API at this URL."""
    monkeypatch.setenv("JWKS_URL", f"{url}{KEYS_URL}")
    importlib.reload(reports)


@contextmanager
def serve(application):
    """Serve this application in another thread. Returns its URL."""
    with make_server("127.0.0.1", 0, application, handler_class=Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def get():
    """Ask the second service over HTTP. Returns the status and the body."""
    with serve(reports.application) as url:

        def get(authorization):
            request = urllib.request.Request(url, headers={"Authorization": authorization})
            try:
                response = urllib.request.urlopen(request, timeout=60)
            except urllib.error.HTTPError as error:
                response = error
            with response:
                return response.status, json.loads(response.read())

        yield get


@pytest.fixture
def pass_time(monkeypatch):
    """Let these seconds pass, as the second service measures them."""
    passed = [0]
    monotonic = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + sum(passed))
    return passed.append


def test_another_service_verifies_a_token(asked, get, user, token, forge):
    """The second service fetches the public keys once, and then verifies tokens by itself.

    It has no private key, so an attacker who breaks in there can sign nothing. Its clock may
    differ by ten seconds, too.
    """
    now = int(time.time())
    answers = [get(f"Bearer {text}") for text in [token, forge(iat=now + 5), forge(exp=now - 5)]]
    (key,) = reports.keys.get_signing_keys()

    assert answers == [(200, {"sub": str(user.pk)})] * 3
    assert asked == [KEYS_URL]
    assert isinstance(key.key, Ed25519PublicKey)


def test_another_service_rejects_what_the_api_rejects(asked, get, user, forge, attacker):
    """A refresh token, a forged, expired or foreign token, and no token: each returns 401."""
    wrong = [
        issue_refresh_token(user.sessions.get()),
        forge(key=attacker),
        forge(key="", algorithm="none"),
        forge(key="a secret that is long enough for HS256", algorithm="HS256"),
        forge(key=attacker, headers={"jku": "http://127.0.0.1:9/jwks.json"}),
        forge(exp=1),
        forge(exp=...),
        forge(sub=...),
        forge(aud="another-api"),
        forge(iss="somebody-else"),
        "nonsense",
        "",
    ]
    answers = [get(f"Bearer {token}") for token in wrong] + [get("Basic YWRhOnB3"), get("")]

    assert answers == [REFUSED] * 14
    assert asked == [KEYS_URL]


def test_an_unknown_key_is_fetched_once_a_minute(asked, get, forge, attacker, pass_time):
    """For an unknown `kid`, the keys are fetched again, but at most once a minute.

    Otherwise an attacker could make the second service send a request for each of theirs.
    """
    unknown = [f"Bearer {forge(key=attacker, headers={'kid': f'unknown-{n}'})}" for n in range(3)]
    assert [get(token) for token in unknown] == [REFUSED] * 3
    assert len(asked) == 1

    pass_time(59)
    assert [get(token) for token in unknown] == [REFUSED] * 3
    assert len(asked) == 1

    pass_time(2)
    assert [get(token) for token in unknown] == [REFUSED] * 3
    assert len(asked) == 2


def test_a_new_key_reaches_another_service(asked, get, keys, user, token_for, pass_time):
    """After a rotation, the second service verifies tokens of both keys."""
    keys("2026-01-01T000000Z-5f2a9c01")
    old = token_for(user)
    assert get(f"Bearer {old}")[0] == 200
    keys(NEW)
    new = token_for(user)
    assert jwt.get_unverified_header(new)["kid"] == NEW
    pass_time(61)

    assert [get(f"Bearer {token}")[0] for token in [new, old, new]] == [200, 200, 200]
    assert asked == [KEYS_URL] * 2


def test_a_removed_key_leaves_another_service(asked, get, keys, user, token_for, pass_time):
    """A key is kept for five minutes, and then fetched again. So a stolen key can be removed."""
    path = keys("2026-01-01T000000Z-5f2a9c01")
    stolen = token_for(user)
    keys(NEW)
    assert get(f"Bearer {stolen}")[0] == 200
    path.unlink()

    pass_time(290)
    assert get(f"Bearer {stolen}")[0] == 200
    pass_time(11)
    assert get(f"Bearer {stolen}") == REFUSED


def test_another_service_waits_while_the_api_is_down(get, token, monkeypatch, pass_time):
    """If the keys can't be fetched, the response is a 503. One try a minute is enough."""
    tried = []

    def down(environ, start_response):
        tried.append(environ["PATH_INFO"])
        start_response("502 Bad Gateway", [])
        return []

    with serve(down) as url:
        restart(monkeypatch, url)
        assert [get(f"Bearer {token}") for _ in range(3)] == [AWAY] * 3
        assert tried == [KEYS_URL]

        pass_time(61)
        assert [get(f"Bearer {token}") for _ in range(3)] == [AWAY] * 3
        assert tried == [KEYS_URL] * 2
