import re

import pytest
from django.db import connection
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from authentication.links import make_registration_link
from authentication.models import Session

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
INVALID = {"detail": "The token is invalid.", "code": "token_invalid"}
USED = {"detail": "The token has been used already.", "code": "token_used"}


class Browser(Client):
    """A browser: it keeps cookies, and the page's script sends the CSRF token back."""

    def __init__(self, csrf=True):
        super().__init__(enforce_csrf_checks=True)
        self.csrf = csrf
        self.page = self.get("/")

    def send(self, path, data=None, **headers):
        if self.csrf:
            headers["X-CSRFToken"] = self.cookies["csrftoken"].value
        return self.post(
            f"/api/browser/{path}", data or {}, content_type="application/json", headers=headers
        )

    def refresh_token(self):
        return self.cookies["refresh_token"].value


@pytest.fixture
def browser(user):
    """The browser of a user who has logged in on the page."""
    browser = Browser()
    browser.login_response = browser.send("login", credentials(user))
    return browser


def credentials(user):
    return {"email": user.email, "password": PASSWORD}


def new_user():
    token = make_registration_link("new@example.com").partition("=")[2]
    return {"token": token, "username": "new", "password": PASSWORD}


def attributes(response, name):
    """The whole `Set-Cookie` header, without the value and the date, which change."""
    text = response.cookies[name].OutputString()
    return re.sub(r"(?<==)[^;]{20,}(?=;)", "…", text).split("; ")


@pytest.mark.parametrize(
    ("name", "secure"), [("refresh_token", False), ("__Host-refresh_token", True)]
)
@pytest.mark.parametrize("path", ["login", "registration/confirm", "refresh"])
def test_the_refresh_token_is_in_a_cookie(browser, user, settings, path, name, secure):
    """A browser gets the refresh token in a cookie that no script can read."""
    settings.SESSION_COOKIE_SECURE = secure
    browser.cookies[name] = browser.refresh_token()
    data = {"login": credentials(user), "registration/confirm": new_user(), "refresh": {}}[path]
    response = browser.send(path, data)

    assert response.status_code == (201 if path == "registration/confirm" else 200)
    assert list(response.json()) == ["access_token", "token_type", "expires_in"]
    assert response["Cache-Control"] == "no-store"
    assert attributes(response, name) == [
        f"{name}=…",
        "expires=…",
        "HttpOnly",
        "Max-Age=1209600",
        "Path=/",
        "SameSite=Strict",
        *(["Secure"] if secure else []),
    ]


def test_a_cookie_of_another_subdomain_is_ignored(browser, settings):
    """On HTTPS, a cookie without the prefix `__Host-` is not used: another subdomain can set it."""
    settings.SESSION_COOKIE_SECURE = True
    response = browser.send("refresh")

    assert (response.status_code, response.json()) == (401, INVALID)


def test_the_cookie_is_exchanged_once(browser):
    """A refresh sets a new cookie. The old one works again at once, as after a lost response."""
    old = browser.refresh_token()
    token = browser.send("refresh").json()["access_token"]
    new = browser.refresh_token()
    browser.cookies["refresh_token"] = old
    again = browser.send("refresh")

    assert browser.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert (again.status_code, browser.refresh_token()) == (200, new)
    assert new != old


def test_without_a_valid_cookie_there_is_no_access_token(browser):
    """Without the cookie, or with a forged one, a refresh returns 401."""
    for cookies in [{}, {"refresh_token": "forged"}]:
        other = Browser()
        other.cookies.load(cookies)
        response = other.send("refresh")

        assert (response.status_code, response.json()) == (401, INVALID)
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'
        assert "refresh_token" not in response.cookies


@pytest.mark.django_db(transaction=True)
def test_a_stolen_cookie_ends_the_session(browser, monkeypatch):
    """A cookie that is two refreshes old ends the session, also with `ATOMIC_REQUESTS`."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    stolen = browser.refresh_token()
    browser.send("refresh")
    browser.send("refresh")
    browser.cookies["refresh_token"] = stolen
    response = browser.send("refresh")

    assert (response.status_code, response.json()) == (401, USED)
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "secure"), [("refresh_token", False), ("__Host-refresh_token", True)]
)
def test_a_logout_ends_the_session_and_deletes_the_cookie(browser, settings, name, secure):
    """A logout on the page needs no access token: the cookie names the session."""
    settings.SESSION_COOKIE_SECURE = secure
    browser.cookies[name] = browser.refresh_token()
    for _ in range(2):
        response = browser.send("logout")

        assert (response.status_code, response.content) == (204, b"")
        assert attributes(response, name) == [
            f'{name}=""',
            "expires=…",
            "Max-Age=0",
            "Path=/",
            "SameSite=Strict",
            *(["Secure"] if secure else []),
        ]
        assert Session.objects.count() == 0


@pytest.mark.parametrize("path", ["login", "registration/confirm", "refresh", "logout"])
def test_another_site_cannot_use_the_cookie(browser, user, path):
    """Without the CSRF token, or from another origin, the response is a 403 and nothing happens."""
    data = {"login": credentials(user), "registration/confirm": new_user()}.get(path)
    stranger = Browser(csrf=False)
    stranger.cookies["refresh_token"] = before = browser.refresh_token()

    for response in [
        stranger.send(path, data),
        stranger.send(path, data, **{"X-CSRFToken": get_token(RequestFactory().get("/"))}),
        browser.send(path, data, Origin="https://evil.example.com"),
    ]:
        assert (response.status_code, response.json()) == (403, {"detail": "Forbidden."})
        assert response["Content-Type"] == "application/json"
        assert "refresh_token" not in response.cookies
    assert Session.objects.count() == 1
    assert browser.send("refresh").status_code == 200
    assert browser.refresh_token() != before


def test_other_clients_keep_the_json_form(browser, user):
    """The API ignores the cookie. It needs no CSRF token, and returns both tokens in the body."""
    client = Client(enforce_csrf_checks=True)
    client.cookies["refresh_token"] = browser.refresh_token()
    send = {"content_type": "application/json"}

    missing = client.post("/api/refresh", {}, **send)
    assert (missing.status_code, missing.json()) == (
        400,
        {"refresh_token": ["This field is required."]},
    )
    assert client.get("/api/me").status_code == 401
    assert client.post("/api/logout", {}, **send).status_code == 401
    login = client.post("/api/login", credentials(user), **send)
    names = ["access_token", "token_type", "expires_in", "refresh_token"]
    assert list(login.json()) == names
    refresh_token = {"refresh_token": login.json()["refresh_token"]}
    refreshed = client.post("/api/refresh", refresh_token, **send)
    assert list(refreshed.json()) == names
    assert not login.cookies and not refreshed.cookies
