import logging
import re
import runpy
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("request_log")]

PROJECT = Path(__file__).parent.parent


def test_a_request_is_logged_as_one_line_of_json(client, lines):
    """A line has the time, the request's id, its path, status and duration, and no query."""
    response = client.get("/health/live?token=secret", headers={"X-Request-ID": "0123-abc"})

    [line] = lines("config.logs")
    assert datetime.fromisoformat(line.pop("time")).utcoffset() == timedelta(0)
    assert line.pop("milliseconds") >= 0
    assert line == {
        "level": "INFO",
        "logger": "config.logs",
        "request_id": "0123-abc",
        "message": "GET /health/live",
        "method": "GET",
        "view": "config.health.live",
        "status": 200,
    }
    assert response["X-Request-ID"] == "0123-abc"


def test_requests_of_one_view_have_one_name(client, lines):
    """A monitor counts by the view, whose name has no ids in it. An unknown path has no view."""
    for path in [f"/api/sessions/{uuid.uuid4()}", f"/api/sessions/{uuid.uuid4()}", "/unknown"]:
        client.delete(path)

    views = [line["view"] for line in lines("config.logs")]
    assert views == ["user_session", "user_session", None]


def test_after_a_request_its_id_is_gone(client, lines):
    """What a thread logs between two requests has no id."""
    client.get("/health/live")
    logging.getLogger("gunicorn.error").error("Worker exiting")

    [line] = lines("gunicorn.error")
    assert line["request_id"] is None


@pytest.mark.parametrize("given", ["", "a b", "ä", "x" * 65, 'a"}'])
def test_a_malformed_request_id_is_replaced(client, lines, given):
    """Without a valid id from the proxy, the request gets a new one."""
    response = client.get("/health/live", headers={"X-Request-ID": given})

    [line] = lines("config.logs")
    assert re.fullmatch("[0-9a-f]{32}", line["request_id"])
    assert response["X-Request-ID"] == line["request_id"]


def test_an_error_is_one_line_with_the_id_of_its_request(client, lines, monkeypatch):
    """A traceback is part of the line, so the lines of two requests never mix."""

    def fail(request):
        raise RuntimeError("on purpose")

    monkeypatch.setattr("config.middleware.RequestLimitsMiddleware.length", fail)
    client.raise_request_exception = False
    response = client.get("/api/me", headers={"X-Request-ID": "abc"})

    assert response.status_code == 500
    [line] = lines("django.request")
    assert (line["level"], line["request_id"]) == ("ERROR", "abc")
    assert line["exception"].startswith("Traceback (most recent call last):\n")


def test_gunicorn_logs_in_json():
    """`gunicorn.conf.py` gives gunicorn's own messages the same form. It logs no requests."""
    settings = runpy.run_path(str(PROJECT / "gunicorn.conf.py"))["logconfig_dict"]

    assert settings["formatters"] == {"json": {"()": "config.logs.JSONFormatter"}}
    assert settings["handlers"]["console"]["formatter"] == "json"
    assert settings["loggers"]["gunicorn.access"] == {"level": "CRITICAL"}
