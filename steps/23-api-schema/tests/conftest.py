import json
import tempfile
import threading
from pathlib import Path
from queue import Empty, SimpleQueue

import jwt
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.db import connections
from rest_framework.test import APIClient

from authentication import models, tokens
from authentication.models import User

# The tests have a folder of keys that is not yours. `config/wsgi.py` looks into it when a test
# imports it, which is earlier than any fixture.
FOLDER = tempfile.TemporaryDirectory()
settings.JWT_KEYS_DIR = Path(FOLDER.name)
FIRST_KEY = "2026-01-01T000000Z-0f1e2d3c"


def write_key(kid, key=None):
    """Write a private key into the folder, and return its path."""
    key = key or Ed25519PrivateKey.generate()
    path = settings.JWT_KEYS_DIR / f"{kid}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


write_key(FIRST_KEY)


def pytest_addoption(parser):
    parser.addoption(
        "--server", metavar="URL", help="run tests/test_http.py against the server at this address"
    )
    parser.addoption(
        "--mail", metavar="PORT", type=int, help="receive the emails of that server at this port"
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory):
    """Keep the test database in a file: one in memory handles only one request at a time."""
    if connections["default"].vendor == "sqlite":
        test_settings = connections["default"].settings_dict["TEST"]
        test_settings["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        # The file may be lost in a power cut, so no test waits for the disk.
        options = connections["default"].settings_dict["OPTIONS"]
        options["init_command"] = "PRAGMA synchronous=OFF"


@pytest.fixture
def base_url(request, live_server):
    """The URL of the API: on the server that `--server` names, or on one started here."""
    return f"{request.config.getoption('--server') or live_server.url}/api"


class Received:
    """The handler of the tests' mail server, which puts each email into a queue."""

    def __init__(self):
        self.queue = SimpleQueue()

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode()
        self.queue.put(mail.EmailMessage(body=text, to=envelope.rcpt_tos))
        return "250 Kept"


@pytest.fixture(scope="session")
def received(request):
    """The emails that the server of `--server` has sent to the port of `--mail`."""
    received = Received()
    port = request.config.getoption("--mail")
    if port is None:
        yield received.queue
    else:
        controller = Controller(received, hostname="127.0.0.1", port=port)
        controller.start()
        yield received.queue
        controller.stop()


@pytest.fixture
def mail_to(received):
    """Wait for the next email to this address, and return its text."""

    def mail_to(email):
        while True:
            for message in mail.outbox:
                if message.to == [email]:
                    mail.outbox.remove(message)
                    return message.body
            try:
                mail.outbox.append(received.get(timeout=5))
            except Empty:
                raise LookupError(f"no email has arrived for {email}")

    return mail_to


@pytest.fixture
def post(django_capture_on_commit_callbacks):
    """Send a request to the API, with an access token if there is one, and then its emails."""

    def post(path, data, token="", address="192.0.2.1"):
        headers = {"Authorization": f"Bearer {token}"} if token else None
        client = APIClient(headers=headers, REMOTE_ADDR=address)
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(f"/api/{path}", json.dumps(data), content_type="application/json")

    return post


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that have been hashed."""
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda hasher, text, salt: hashed.append(text) or encode(hasher, text, salt),
    )
    return hashed


@pytest.fixture
def eight_at_once(monkeypatch):
    """Pause each registration until eight have found the email free, and then let all save it.

    A server that `--server` names is not paused: it runs in another process.
    """
    together = threading.Barrier(8)
    create_user = User.objects.create_user

    def create_together(**fields):
        together.wait(timeout=30)
        return create_user(**fields)

    monkeypatch.setattr(User.objects, "create_user", create_together)


@pytest.fixture(autouse=True)
def fast_passwords(settings):
    """Hash with MD5 in tests: the real hasher takes its time on purpose, at every password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def nothing_counted():
    """Begin each test with a cache in which no request has been counted."""
    cache.clear()


@pytest.fixture
def admin_user(db):
    """The superuser of pytest-django's `admin_client`. Our model needs a username, too."""
    return User.objects.create_superuser("root", "root@example.com", "password")


@pytest.fixture
def user(db):
    return User.objects.create_user("ada", "ada@example.com", "correct horse battery staple")


@pytest.fixture
def token_for():
    """Returns a function that gets a user's token. All tests get their tokens with it."""
    return lambda user: tokens.issue_token(models.Session.objects.create(user=user))


@pytest.fixture
def token(user, token_for):
    return token_for(user)


@pytest.fixture
def keys(settings, tmp_path):
    """An empty folder of keys, and a function that writes a key into it."""
    settings.JWT_KEYS_DIR = tmp_path / "keys"
    settings.JWT_KEYS_DIR.mkdir()
    return write_key


@pytest.fixture
def attacker():
    """A key of the right type that is not ours."""
    return Ed25519PrivateKey.generate()


@pytest.fixture
def forge(token):
    """Sign a token like `token`, but with other claims or headers (`...` removes one), or key."""

    def forge(key=None, algorithm="EdDSA", typ="at+jwt", headers=(), **changes):
        claims = jwt.decode(token, options={"verify_signature": False}) | changes
        claims = {name: value for name, value in claims.items() if value is not ...}
        kid = jwt.get_unverified_header(token)["kid"]
        headers = {"typ": typ, "kid": kid} | dict(headers)
        headers = {name: value for name, value in headers.items() if value is not ...}
        key = (settings.JWT_KEYS_DIR / f"{kid}.pem").read_bytes() if key is None else key
        return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm, headers)

    return forge
