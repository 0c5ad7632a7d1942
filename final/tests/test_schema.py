import importlib
import re
import sys
from pathlib import Path

import jsonschema
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.urls import Resolver404, resolve
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.test import APIClient

from authentication import browser_urls, urls

PROJECT = Path(__file__).parent.parent
LOGIN = {"email": "ada@example.com", "password": "correct horse battery staple"}
SESSION = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def description(client):
    """The description that clients read, as JSON."""
    return client.get("/api/schema", headers={"Accept": "application/json"}).json()


@pytest.fixture
def fits(description):
    """Check that the body of a response, and what was sent, have the described shape."""

    def check(body, content):
        [shape] = content.values()
        jsonschema.validate(body, shape["schema"] | {"components": description["components"]})

    def fits(response, path, sent=None):
        operation = description["paths"][path][response.request["REQUEST_METHOD"].lower()]
        check(response.json(), operation["responses"][str(response.status_code)]["content"])
        if sent:
            check(sent, operation["requestBody"]["content"])

    return fits


def test_the_description_is_that_of_the_code(tmp_path):
    """`openapi.yaml` is what `python manage.py spectacular` writes.

    After you change an endpoint, run `python manage.py spectacular --file openapi.yaml`.
    """
    now = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(now))

    assert (PROJECT / "openapi.yaml").read_text() == now.read_text()


def test_every_endpoint_is_described(description):
    """Each URL of the API is in the description, and no other."""
    described = [resolve(path.replace("{id}", SESSION)) for path in description["paths"]]
    ours = [*urls.urlpatterns, *browser_urls.urlpatterns]

    assert sorted(match.url_name for match in described) == sorted(url.name for url in ours)


def test_each_operation_says_what_a_client_has_to_send(description):
    """Most endpoints require an access token. Pages send a CSRF token, and some the cookie."""
    security = {
        operation["operationId"]: operation["security"]
        for path in description["paths"].values()
        for operation in path.values()
    }
    nothing, token, csrf, cookie = {}, {"access_token": []}, {"csrf_token": []}, "refresh_token"
    public = ["post_login", "post_refresh", "post_registration", "post_registration_confirm"]
    public += ["post_password_reset", "post_password_confirm"]
    public += ["post_email_verify", "post_email_confirm"]

    assert {name for name, wanted in security.items() if wanted == [nothing]} == set(public)
    assert {
        name: wanted for name, wanted in security.items() if csrf.keys() <= wanted[0].keys()
    } == {
        "post_browser_login": [csrf],
        "post_browser_registration_confirm": [csrf],
        "post_browser_refresh": [csrf | {cookie: []}],
        "post_browser_logout": [csrf],
    }
    assert security["post_logout"] == [token, nothing]
    assert sorted(name for name, wanted in security.items() if wanted == [token]) == [
        "delete_sessions",
        "delete_sessions_id",
        "get_me",
        "get_sessions",
        "post_email_change",
        "post_email_resend",
        "post_me_delete",
        "post_password_change",
    ]


def test_the_schemes_are_described(description):
    """The description says where each token goes."""
    assert description["components"]["securitySchemes"] == {
        "access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "refresh_token": {"type": "apiKey", "in": "cookie", "name": "refresh_token"},
        "csrf_token": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
    }


def test_responses_have_the_described_shape(user, fits):
    """What clients send and get is as described."""
    client = APIClient()
    email = {"email": LOGIN["email"]}
    reset = client.post("/api/password/reset", email, format="json")
    login = client.post("/api/login", LOGIN, format="json")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {login.json()['access_token']}")

    assert reset.status_code == 202
    fits(reset, "/api/password/reset", sent=email)
    fits(login, "/api/login", sent=LOGIN)
    fits(client.get("/api/me"), "/api/me")
    fits(client.get("/api/sessions"), "/api/sessions")


def test_errors_have_the_described_shape(user, token, fits, settings):
    """Each error is as described, whether a view returns it or a middleware."""
    client = APIClient()
    json = "application/json"
    large = "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    seen = [
        client.post("/api/login", {}, format="json"),
        client.post("/api/login", "{", content_type=json),
        client.post("/api/login", LOGIN | {"password": "wrong"}, format="json"),
        client.post("/api/login", {"email": large}, format="json"),
        client.post("/api/login", "email=a", content_type="text/plain"),
    ]
    assert [response.status_code for response in seen] == [400, 400, 401, 413, 415]
    for response in seen:
        fits(response, "/api/login")

    forbidden = APIClient(enforce_csrf_checks=True).post("/api/browser/logout")
    assert forbidden.status_code == 403
    fits(forbidden, "/api/browser/logout")

    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    missing = client.delete(f"/api/sessions/{SESSION}")
    assert missing.status_code == 404
    fits(missing, "/api/sessions/{id}")


def test_too_many_requests_have_the_described_shape(db, fits):
    """The error of a rate limit is as described."""
    for _ in range(21):
        response = APIClient().post("/api/registration", {"email": "?"}, format="json")

    assert response.status_code == 429
    fits(response, "/api/registration")


def test_every_endpoint_can_be_unavailable(description, fits, monkeypatch):
    """A 503 is described for every endpoint. It has the described shape if Redis is away."""
    for path in description["paths"].values():
        for operation in path.values():
            assert "503" in operation["responses"]

    def refuse(key):
        raise RedisConnectionError("refused")

    monkeypatch.setattr(cache, "incr", refuse)
    response = APIClient().post("/api/login", LOGIN, format="json")

    assert response.status_code == 503
    fits(response, "/api/login")


def test_the_page_loads_nothing_from_elsewhere(client):
    """Swagger UI and its files come from this server, and nothing is inside the page."""
    response = client.get("/api/docs")
    page = response.content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert [source.partition("?")[0] for source in sources] == [
        "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css",
        "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js",
        "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-standalone-preset.js",
        "/api/docs",
    ]
    assert "<style" not in page
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert client.get(sources[-1])["Content-Type"] == "application/javascript"


def test_the_description_can_be_turned_off(settings, monkeypatch):
    """Without `API_DOCS`, there is neither a page nor a description."""
    settings.API_DOCS = False
    monkeypatch.delitem(sys.modules, "config.urls")
    without = importlib.import_module("config.urls")

    for path in ["/api/schema", "/api/docs"]:
        assert resolve(path)
        with pytest.raises(Resolver404):
            resolve(path, without)
