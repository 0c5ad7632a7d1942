import json
import threading

import jwt
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections

from authentication import models, tokens
from authentication.models import User


def pytest_addoption(parser):
    parser.addoption(
        "--server", metavar="URL", help="run tests/test_http.py against the server at this address"
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
def forge(token):
    """Sign a token like `token`, but with other claims (`...` removes one), key or algorithm."""

    def forge(key=None, algorithm="HS256", typ="at+jwt", **changes):
        claims = jwt.decode(token, options={"verify_signature": False}) | changes
        claims = {name: value for name, value in claims.items() if value is not ...}
        key = settings.JWT_SIGNING_KEY if key is None else key
        return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm, {"typ": typ})

    return forge
