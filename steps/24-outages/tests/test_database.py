import socket
from types import SimpleNamespace

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.db.backends.signals import connection_created
from rest_framework.test import APIClient

from config import database

pytestmark = pytest.mark.django_db


class SQLError(Exception):
    """An error of psycopg, with the code of PostgreSQL."""

    def __init__(self, sqlstate):
        self.sqlstate = sqlstate


@pytest.fixture
def phone(token):
    return APIClient(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)


@pytest.fixture(autouse=True)
def exception_handler(settings):
    """The exception handler of the production settings."""
    handler = {"EXCEPTION_HANDLER": "config.database.exception_handler"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | handler


@pytest.fixture(autouse=True)
def deadline():
    """After each test, removes what the middleware has set for the whole process."""
    yield
    connection_created.disconnect(database.set_deadline)


def failing(error, cause=None):
    """While this lasts, each query of the database fails."""

    def fail(*args):
        raise error from cause

    return connection.execute_wrapper(fail)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError("the connection was lost"), None),
        (InterfaceError("the connection is closed"), None),
        (InternalError("read-only"), SQLError("25006")),
    ],
    ids=["lost", "closed", "read-only"],
)
def test_the_api_returns_503_without_the_database(phone, caplog, error, cause):
    """Without a database, or with a read-only one, the response is a 503. The log has the error."""
    with failing(error, cause):
        response = phone.get("/api/me")

    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert response.json() == {
        "detail": "The database is not available right now. Try again later.",
        "code": "try_again_later",
    }
    [logged] = [record for record in caplog.records if record.name == "config.database"]
    assert (logged.message, logged.exc_info[1]) == ("The database is unavailable.", error)
    assert phone.get("/api/me").status_code == 200


def test_another_error_of_the_database_is_a_500(phone):
    """An internal error with another code is a mistake of ours, and stays a 500."""
    with failing(InternalError("another"), SQLError("25P02")):
        assert phone.get("/api/me").status_code == 500
    with failing(InternalError("read-only"), SQLError("25006")):
        assert phone.get("/api/me").status_code == 503


def test_the_admin_returns_503_without_the_database(admin_client, settings, caplog):
    """A page that isn't the API's has the same status and header, and the log has the error."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "config.database.DatabaseMiddleware"]
    error = OperationalError("the connection was lost")

    with failing(error):
        response = admin_client.get("/admin/")

    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert response.content == b"The database is not available right now. Try again later."
    [logged] = [record for record in caplog.records if record.name == "config.database"]
    assert logged.exc_info[1] == error


class FakeConnection:
    """A connection of Django's to PostgreSQL, over a socket of this test."""

    vendor = "postgresql"

    def __init__(self, open_socket):
        self.connection = open_socket

    def close(self):
        self.connection = None


def test_a_dead_connection_is_closed_before_the_request(monkeypatch):
    """A connection that the server has closed is not used for a request. An open one is."""
    ours, theirs = socket.socketpair()
    fake, sqlite = FakeConnection(ours), FakeConnection("a file")
    sqlite.vendor = "sqlite"
    monkeypatch.setattr(database.connections, "all", lambda initialized_only: [sqlite, fake])
    seen = []
    answer = database.DatabaseMiddleware(lambda request: seen.append(fake.connection))

    answer("request")
    theirs.close()
    answer("request")
    answer("request")
    ours.close()

    assert seen == [ours, None, None]
    assert sqlite.connection == "a file"


def test_a_statement_has_a_deadline():
    """A PostgreSQL that doesn't answer any more is given up after six seconds."""
    fake = FakeConnection(SimpleNamespace(wait=lambda answer, timeout: (answer, timeout)))
    database.DatabaseMiddleware(None)

    connection_created.send(sender=None, connection=fake)

    assert fake.connection.wait("answer") == ("answer", 6)
