import json
import re
from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from authentication.browser_views import cookie_name
from authentication.models import Session, User
from authentication.tokens import issue_refresh_token
from authentication.urls import urlpatterns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("request_log")]

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another good one"
LINK_TOKEN = re.compile(r"#token=(\S+)")


@pytest.fixture
def story(post, mail_to, settings):
    """Uses every endpoint of the API. Returns the names of the URLs, and all that is secret."""
    used, secrets = set(), [PASSWORD, NEW_PASSWORD, "ada@example.com", "ada@example.org"]

    def send(status, path, data=None, token="", method="post"):
        if method == "post":
            response = post(path, data or {}, token)
        else:
            client = APIClient(headers={"Authorization": f"Bearer {token}"})
            response = getattr(client, method)(f"/api/{path}")
        assert response.status_code == status, (path, response.content)
        used.add(response.resolver_match.url_name)
        if "tokens" in str(response.content) or "access_token" in str(response.content):
            secrets.extend(response.json()[name] for name in ["access_token", "refresh_token"])
            return response.json()
        return response

    def link(email):
        text = mail_to(email)
        secrets.append(text)
        secrets.append(LINK_TOKEN.search(text)[1])
        return secrets[-1]

    def login(password=PASSWORD, email="ada@example.com"):
        return send(200, "login", {"email": email, "password": password})

    email = {"email": "ada@example.com"}
    send(202, "registration", email)
    new = {"token": link("ada@example.com"), "username": "ada", "password": PASSWORD}
    send(201, "registration/confirm", new)
    send(401, "login", email | {"password": "a wrong guess"})
    tokens = login()
    access = tokens["access_token"]
    send(200, "me", token=access, method="get")
    spent = {"refresh_token": tokens["refresh_token"]}
    send(200, "refresh", spent)
    settings.REFRESH_REUSE_LEEWAY = timedelta(0)
    send(401, "refresh", spent)

    access = login()["access_token"]
    session = Session.objects.order_by("-created_at").first()
    send(200, "sessions", token=access, method="get")
    send(204, f"sessions/{session.pk}", token=access, method="delete")
    send(204, "sessions", token=login()["access_token"], method="delete")
    send(204, "logout", token=login()["access_token"])
    send(204, "logout", {"refresh_token": login()["refresh_token"]})

    User.objects.update(email_verified_at=None)
    access = login()["access_token"]
    send(202, "email/resend", token=access)
    send(204, "email/verify", {"token": link("ada@example.com")})
    send(202, "email/change", {"email": "ada@example.org", "password": PASSWORD}, access)
    send(204, "email/confirm", {"token": link("ada@example.org")})
    email = {"email": "ada@example.org"}
    send(202, "password/reset", email)
    reset = {"token": link("ada@example.org"), "new_password": NEW_PASSWORD}
    send(204, "password/confirm", reset)

    access = login(NEW_PASSWORD, "ada@example.org")["access_token"]
    change = {"password": "a wrong guess", "new_password": PASSWORD}
    send(400, "password/change", change, access)
    tokens = send(200, "password/change", change | {"password": NEW_PASSWORD}, access)
    send(204, "me/delete", {"password": PASSWORD}, tokens["access_token"])

    return used, [*secrets, "a wrong guess"]


def test_the_log_tells_what_happened_to_an_account(stream, story, lines):
    """Logins, failures, changes and the deletion are events of `authentication.security`."""
    found = lines("authentication.security")
    user = max(line["user"] or 0 for line in found if "user" in line)

    assert [line["message"] for line in found] == [
        "login",
        "login failed",
        "login",
        "A refresh token came twice.",
        "login",
        "session ended",
        "login",
        "logout everywhere",
        "login",
        "logout",
        "login",
        "logout",
        "login",
        "email changed",
        "password reset",
        "login",
        "wrong password",
        "login",
        "password changed",
        "account deleted",
    ]
    assert {line["user"] for line in found if "user" in line} == {user, None}
    assert {line["address"] for line in found if "address" in line} == {
        "192.0.2.1",
        "127.0.0.1",
        "",
    }


def test_the_log_has_no_secrets(stream, story):
    """No token, password, link or email is logged, whichever endpoint is used."""
    used, secrets = story
    log = stream.getvalue()

    assert used == {pattern.name for pattern in urlpatterns}
    assert [secret for secret in secrets if json.dumps(secret)[1:-1] in log] == []


def test_a_logout_on_the_page_is_logged(lines, client, user):
    """The page logs out with its cookie, and the log has the same event, with the user."""
    session = Session.objects.create(user=user)
    client.cookies[cookie_name()] = issue_refresh_token(session)
    client.post("/api/browser/logout")

    (line,) = lines("authentication.security")
    assert (line["message"], line["user"], line["address"]) == ("logout", user.pk, "127.0.0.1")


@pytest.mark.parametrize("path", ["logout", "browser/logout"])
def test_a_token_that_is_not_valid_logs_nobody_out(lines, client, path):
    """A client that sends no valid refresh token gets a 204, but the log has no logout."""
    client.cookies[cookie_name()] = "invalid"
    answer = client.post(f"/api/{path}", {"refresh_token": "invalid"}, "application/json")

    assert (answer.status_code, lines("authentication.security")) == (204, [])
