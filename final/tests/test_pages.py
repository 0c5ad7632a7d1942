import asyncio
import importlib
import sys

import pytest
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from config.negotiation import OneFormat

VARIABLES = {
    "SECRET_KEY": "Zq8vN2rXw5tYb7uJc9kLd3mFg6hPs4aQe1oRi0xTzWnVsDfGhJkLpQ",
    "ALLOWED_HOSTS": "api.example.com",
    "CACHE_URL": "locmemcache://",
    "NUM_PROXIES": "0",
    "EMAIL_URL": "consolemail://",
    "DEFAULT_FROM_EMAIL": "accounts@example.com",
    "FRONTEND_URL": "https://www.example.com",
}


@pytest.fixture(autouse=True)
def production(settings, monkeypatch):
    """The middlewares of production."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    for name in ["config.settings", "config.production"]:
        sys.modules.pop(name, None)
    settings.MIDDLEWARE = importlib.import_module("config.production").MIDDLEWARE


def test_the_api_skips_the_middlewares_of_pages(admin_client, admin_user, token):
    """A request to the API gets no session. The admin still knows who has logged in."""
    api = admin_client.get("/api/me", headers={"Authorization": f"Bearer {token}"})
    page = admin_client.get("/admin/")

    assert (api.status_code, page.status_code) == (200, 200)
    for name in ["session", "_messages"]:
        assert not hasattr(api.wsgi_request, name)
        assert hasattr(page.wsgi_request, name)
    assert page.wsgi_request.user == admin_user


def test_the_api_has_a_policy_of_its_own(client, admin_client):
    """The API's responses may load nothing. Pages keep the policy of the settings."""
    assert client.get("/api/me")["Content-Security-Policy"] == (
        "default-src 'none'; frame-ancestors 'none'"
    )
    for response in [client.get("/"), admin_client.get("/admin/")]:
        assert "default-src 'self'" in response["Content-Security-Policy"]


def test_the_api_has_its_policy_over_asgi(async_client):
    """An asynchronous server gets the same response."""
    response = asyncio.run(async_client.get("/api/me"))

    assert response.status_code == 401
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_view_with_two_formats_reads_the_accept_header():
    """The description of the API is YAML or JSON: a client still gets what it asks for."""
    request = APIRequestFactory().get("/", headers={"Accept": "application/json"})
    renderers = [BrowsableAPIRenderer(), JSONRenderer()]
    chosen, _ = OneFormat().select_renderer(APIView().initialize_request(request), renderers)

    assert chosen is renderers[1]
