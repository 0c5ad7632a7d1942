import pytest
from django.db import OperationalError, connection


@pytest.mark.django_db
def test_a_healthy_project_says_so(client):
    """`/health` answers 200 after one question to the database."""
    response = client.get("/health")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_a_project_without_its_database_is_not_healthy(client, monkeypatch):
    """When the database cannot be reached, `/health` answers 500."""

    def unreachable():
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", unreachable)
    client.raise_request_exception = False

    assert client.get("/health").status_code == 500
