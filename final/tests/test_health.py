import pytest
from django.db import OperationalError, connection


@pytest.mark.django_db
def test_health_returns_200(client):
    """`/health` returns 200 after one database query."""
    response = client.get("/health")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_health_returns_503_without_the_database(client, monkeypatch, caplog):
    """If the database cannot be reached, `/health` returns 503, and the log has the error."""

    def unreachable():
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", unreachable)
    response = client.get("/health")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable"}
    assert ("config.health", "The database cannot be reached.") in {
        (record.name, record.message) for record in caplog.records
    }
