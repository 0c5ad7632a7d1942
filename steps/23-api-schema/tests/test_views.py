import pytest
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIRequestFactory

from authentication import views
from authentication.links import make_registration_link, read_registration_link
from authentication.models import User
from authentication.tokens import read_token
from authentication.views import (
    ConfirmRegistrationAPIView,
    CurrentUserAPIView,
    LoginAPIView,
    RegistrationAPIView,
)

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
TOKENS = ["access_token", "token_type", "expires_in", "refresh_token"]
CHALLENGE = 'Bearer realm="api"'
PUBLIC_VIEWS = [RegistrationAPIView, ConfirmRegistrationAPIView, LoginAPIView]


def call(view, method, data=None, headers=None, content_type="application/json"):
    """The response of a view to a request with this data. A string is sent unchanged."""
    encoded = {"format": "json"} if not isinstance(data, str) else {"content_type": content_type}
    request = getattr(APIRequestFactory(), method)("/", data, headers=headers, **encoded)
    return view.as_view()(request)


def register(headers=None, **changes):
    token = make_registration_link("ada@example.com").split("=")[1]
    data = {"token": token, "username": "ada", "password": PASSWORD} | changes
    return call(ConfirmRegistrationAPIView, "post", data, headers)


def login(email="ada@example.com", password=PASSWORD, headers=None):
    return call(LoginAPIView, "post", {"email": email, "password": password}, headers)


def me(authorization=None):
    headers = {"Authorization": authorization} if authorization else None
    return call(CurrentUserAPIView, "get", headers=headers)


def test_registration_returns_201_and_a_token():
    """A registration returns 201 and a token, which must not be cached (RFC 6749, 5.1)."""
    response = register()

    user = User.objects.get(email="ada@example.com")
    assert response.status_code == 201
    assert list(response.data) == TOKENS
    assert read_token(response.data["access_token"])["sub"] == str(user.pk)
    assert response["Cache-Control"] == "no-store"


def test_an_invalid_registration_is_rejected():
    """An invalid registration returns 400 and names every error."""
    response = register(username="", password="")

    assert response.status_code == 400
    assert response.data == {
        "username": ["This field may not be blank."],
        "password": ["This field may not be blank."],
    }
    assert User.objects.count() == 0


def test_no_user_is_left_when_the_token_cannot_be_made(monkeypatch):
    """If the token cannot be issued, the new user is not saved either."""

    def broken(session):
        raise RuntimeError("no token today")

    monkeypatch.setattr(views, "tokens_of", broken)

    with pytest.raises(RuntimeError, match="no token today"):
        register()

    assert User.objects.count() == 0


def test_the_second_registration_is_rejected(monkeypatch):
    """If another request uses the link at the last moment, the response is 400, not 500."""

    def read_and_be_late(token):
        email = read_registration_link(token)
        User.objects.create_user("grace", email, PASSWORD)
        return email

    monkeypatch.setattr(views, "read_registration_link", read_and_be_late)
    response = register()

    assert response.status_code == 400
    assert response.data == {"token": ["The link is wrong, or used, or too old. Ask for another."]}
    assert connection.needs_rollback is False


def test_login_returns_200_and_a_token(user):
    """A login returns 200 and a token, which must not be cached."""
    response = login()

    assert response.status_code == 200
    assert list(response.data) == TOKENS
    assert read_token(response.data["access_token"])["sub"] == str(user.pk)
    assert response["Cache-Control"] == "no-store"


def test_login_sets_last_login(user):
    """A login sets `last_login`, because Django has a receiver for `user_logged_in`."""
    before = timezone.now()
    login()

    user.refresh_from_db()
    assert before <= user.last_login <= timezone.now()


def test_a_login_sends_user_logged_in(user):
    """A login sends `user_logged_in` with the user and the request."""
    seen = []

    def receiver(sender, request, user, **signal):
        seen.append((sender, request.method, user))

    user_logged_in.connect(receiver)
    login()
    user_logged_in.disconnect(receiver)

    assert seen == [(User, "POST", user)]


@pytest.mark.parametrize(
    ("email", "password"), [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD)]
)
def test_a_wrong_login_is_rejected(user, email, password):
    """A wrong email or password returns 401, with the challenge that a 401 must have.

    With `authentication_classes = []`, no class returns a challenge, and the 401 would become
    a 403. So the view returns it in `get_authenticate_header`.
    """
    response = login(email, password)

    user.refresh_from_db()
    assert response.status_code == 401
    assert response.data == {
        "detail": "The email or the password is wrong.",
        "code": "wrong_credentials",
    }
    assert response["WWW-Authenticate"] == CHALLENGE
    assert user.last_login is None


def test_a_login_without_a_password_is_rejected():
    """A login that lacks a field returns 400 and says what is missing."""
    response = call(LoginAPIView, "post", {"email": "ada@example.com"})

    assert response.status_code == 400
    assert response.data == {"password": ["This field is required."]}


def test_a_login_passes_its_request_to_authenticate(user):
    """`authenticate` gets the request of the login."""
    seen = []

    def receiver(sender, **signal):
        seen.append(signal["request"])

    user_login_failed.connect(receiver)
    login(password="wrong")
    user_login_failed.disconnect(receiver)

    assert [request.method for request in seen] == ["POST"]


@pytest.mark.parametrize("authorization", ["Bearer expired", "\xff"])
def test_registration_and_login_ignore_an_old_token(authorization):
    """A user can register and log in, whatever the `Authorization` header contains."""
    headers = {"Authorization": authorization}
    data = {"email": "ada@example.com"}

    assert call(RegistrationAPIView, "post", data, headers).status_code == 202
    assert register(headers).status_code == 201
    assert login(headers=headers).status_code == 200


def test_me_returns_the_user_of_the_token(user, token):
    """With a token, the response has the user's id, email and username, and nothing else."""
    response = me(f"Bearer {token}")

    assert response.status_code == 200
    assert response.data == {"id": user.pk, "email": "ada@example.com", "username": "ada"}


def test_me_requires_a_token():
    """Without a token, the response is a 401 with the plain challenge."""
    response = me()

    assert response.status_code == 401
    assert response.data == {"detail": "Authentication credentials were not provided."}
    assert response["WWW-Authenticate"] == CHALLENGE


def test_me_costs_one_query(token, django_assert_num_queries):
    """The user of the token is fetched once."""
    with django_assert_num_queries(1):
        assert me(f"Bearer {token}").status_code == 200


def test_the_browsable_api_works_in_development(client, user):
    """On your machine, a user who is logged in to the admin sees the API as a page."""
    client.force_login(user)
    page = client.get("/api/me", headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert "ada@example.com" in page.content.decode()


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("{", "JSON parse error - Expecting property name enclosed in double quotes"),
        ("[" * 100_000, "JSON parse error - nested too deep"),
    ],
    ids=["unfinished", "nested 100,000 deep"],
)
def test_malformed_json_is_rejected(text, detail):
    """A body that cannot be read as JSON returns 400, and never 500."""
    for view in PUBLIC_VIEWS:
        response = call(view, "post", text)

        assert response.status_code == 400
        assert response.data["detail"].startswith(detail)


def test_json_that_is_not_an_object_is_rejected():
    """JSON that is not an object returns 400."""
    for text in ["[]", "null"]:
        for view in PUBLIC_VIEWS:
            response = call(view, "post", text)

            assert response.status_code == 400
            assert list(response.data) == ["non_field_errors"]


def test_another_content_type_is_rejected():
    """A body of another type returns 415."""
    for content_type in ["text/plain", "application/x-www-form-urlencoded"]:
        for view in PUBLIC_VIEWS:
            response = call(view, "post", "email=ada@example.com", content_type=content_type)

            assert response.status_code == 415
            assert response.data == {
                "detail": f'Unsupported media type "{content_type}" in request.'
            }


def test_other_methods_are_rejected():
    """Other methods return 405, even OPTIONS, which would publish the docstrings."""
    for method in ["get", "options"]:
        for view in PUBLIC_VIEWS:
            response = call(view, method)

            assert response.status_code == 405
            assert response["Allow"] == "POST, OPTIONS"
