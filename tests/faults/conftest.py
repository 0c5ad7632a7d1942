"""The last stage as in production: gunicorn, with PostgreSQL and Redis."""

import os
import secrets

import pytest

from companion.running.environment import environment
from tests.faults import servers
from tests.faults.clients import Client

CREATE = """
from authentication.models import User
User.objects.filter(username="ada") or User.objects.create_user("ada", "ada@example.com", "correct horse battery staple")
"""


@pytest.fixture(scope="session")
def cluster():
    return servers.Cluster()


@pytest.fixture(scope="session")
def redis(tmp_path_factory):
    redis = servers.Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()


@pytest.fixture(scope="session")
def env(tmp_path_factory, redis):
    """The environment variables of production. The database is migrated, and Ada has an account."""
    user, password, host, port = (os.environ[name] for name in ("PGUSER", "PGPASSWORD", "PGHOST", "PGPORT"))
    often = "1000000/minute"
    env = environment() | {
        "DJANGO_SETTINGS_MODULE": "config.production",
        "SECRET_KEY": secrets.token_hex(32),
        "JWT_KEYS_DIR": str(tmp_path_factory.mktemp("keys")),
        "ALLOWED_HOSTS": "127.0.0.1",
        "CACHE_URL": f"redis://127.0.0.1:{redis.port}",
        "API_DOCS": "1",
        "NUM_PROXIES": "0",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DEFAULT_FROM_EMAIL": "accounts@example.com",
        "FRONTEND_URL": "https://www.example.com",
        "DATABASE_URL": f"postgres://{user}:{password}@{host}:{port}/postgres",
        "LOGIN_RATE": often,
        "REGISTRATION_RATE": often,
        "GUESS_RATE": "10/day",
        "RECOVERY_RATE": often,
        "MAIL_RATE": often,
    }
    for command in (["makesigningkey"], ["migrate", "-v0"], ["shell", "-v0", "-c", CREATE]):
        servers.manage(env, *command)
    return env


@pytest.fixture(scope="session")
def api(env, tmp_path_factory):
    with servers.gunicorn(env, tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(scope="session")
def other(env, tmp_path_factory):
    """Another gunicorn, as on another host."""
    with servers.gunicorn(env, tmp_path_factory.mktemp("other")) as other:
        yield other


@pytest.fixture
def empty(env, cluster, redis):
    """Nobody is logged in, no email is waiting, and no request has been counted."""
    assert redis.send(b"FLUSHALL") == b"+OK\r\n"
    cluster.execute("TRUNCATE authentication_session, authentication_mail")


@pytest.fixture
def client(api, empty):
    """A client that is logged in."""
    return Client(api)


@pytest.fixture
def clients(api, empty):
    """As many clients as gunicorn has threads."""
    return [Client(api) for _ in range(api.THREADS)]


@pytest.fixture
def sessions(cluster):
    """Returns the sessions and the ids of their valid refresh tokens."""

    def sessions():
        return sorted(cluster.execute("SELECT id::text, refresh_id::text FROM authentication_session"))

    return sessions
