import pytest
from django.db import OperationalError, connection, connections


def fail(*args, **kwargs):
    raise OperationalError("connection refused")


@pytest.fixture
def new_connection(monkeypatch):
    """The connection that `/health/ready` opens, for a test to change it first."""
    new = connections.create_connection("default")
    monkeypatch.setattr(connections, "create_connection", lambda alias: new)
    return new


def test_a_running_process_is_live(client):
    """`/health/live` returns 200 without asking the database."""
    response = client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_a_process_with_a_database_is_ready(client, new_connection):
    """`/health/ready` returns 200 after a query in a connection of its own, which it closes."""
    with connection.execute_wrapper(fail):
        response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert new_connection.connection is None


@pytest.mark.django_db
def test_a_process_without_a_database_is_not_ready(client, new_connection, monkeypatch, caplog):
    """If the database cannot be reached, `/health/ready` returns 503, and the log has the error."""
    monkeypatch.setattr(new_connection, "get_new_connection", fail)
    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})
    assert response["Retry-After"] == "10"
    assert ("config.health", "The database cannot be reached.") in {
        (record.name, record.message) for record in caplog.records
    }


@pytest.mark.django_db
def test_a_process_with_a_read_only_database_is_not_ready(client, new_connection, monkeypatch):
    """If PostgreSQL answers that it is read-only, `/health/ready` returns 503."""

    def answer(execute, sql, params, many, context):
        reading = "SELECT 'on'" if sql == "SHOW transaction_read_only" else sql
        return execute(reading, params, many, context)

    monkeypatch.setattr(new_connection, "vendor", "postgresql")
    with new_connection.execute_wrapper(answer):
        response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (503, {"status": "read-only"})
    assert response["Retry-After"] == "10"
