from datetime import timedelta

import pytest
from jwt.algorithms import OKPAlgorithm
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from authentication.models import User

pytestmark = pytest.mark.django_db

CHALLENGE = 'Bearer realm="api"'
INVALID = CHALLENGE + ', error="invalid_token"'


class Protected(APIView):
    """A view that doesn't set who may use it, so the settings decide."""

    def get(self, request):
        return Response({"email": request.user.email, "session": request.auth})


def get(authorization=None):
    headers = {} if authorization is None else {"Authorization": authorization}
    return Protected.as_view()(APIRequestFactory().get("/", headers=headers))


def assert_refused(response, detail, code="token_invalid"):
    assert response.status_code == 401
    assert response.data == {"detail": detail, "code": code}
    assert response["WWW-Authenticate"] == INVALID


@pytest.mark.parametrize("scheme", ["Bearer", "BEARER"])
def test_a_valid_token_identifies_the_user(user, token, scheme):
    """With a valid token, the view knows the user. The scheme may be in any case (RFC 9110)."""
    response = get(f"{scheme} {token}")

    assert response.status_code == 200
    assert response.data == {"email": user.email, "session": user.sessions.get()}


def test_each_token_identifies_its_own_user(user, token, token_for):
    """A token identifies the user that it was issued to, and no other user."""
    grace = User.objects.create_user("grace", "grace@example.com", "another good one")

    assert get(f"Bearer {token}").data["email"] == "ada@example.com"
    assert get(f"Bearer {token_for(grace)}").data["email"] == "grace@example.com"


@pytest.mark.parametrize("authorization", [None, "Basic YWRhOnB3", "\xff\xfe x"])
def test_a_view_requires_a_token(authorization):
    """Without a Bearer token, the response is a 401 that names the scheme to use.

    `authenticate` returns None, and the default permission rejects the request. Without
    `authenticate_header`, the response would be a 403.
    """
    response = get(authorization)

    assert response.status_code == 401
    assert response.data == {"detail": "Authentication credentials were not provided."}
    assert response["WWW-Authenticate"] == CHALLENGE


def test_a_browser_gets_an_html_page():
    """A browser gets the same 401 as a page in HTML.

    Add `rest_framework` to INSTALLED_APPS. Its templates make the page.
    """
    request = APIRequestFactory().get("/", headers={"Accept": "text/html"})
    response = Protected.as_view()(request).render()

    assert response.status_code == 401
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "Authentication credentials were not provided." in response.content.decode()


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer a b"])
def test_a_malformed_header_is_rejected(authorization):
    """A Bearer header that is not two words long is rejected, and the response says why."""
    assert_refused(get(authorization), "The Authorization header must be 'Bearer <token>'.")


def test_a_malformed_token_is_rejected():
    """A malformed token returns 401, and never 500."""
    for text in ["a.b.c", "\xff\xfe"]:
        assert_refused(get(f"Bearer {text}"), "The token is invalid.")


def test_a_server_error_is_not_reported_as_a_bad_token(token, monkeypatch):
    """An error in the project itself is raised, and not turned into a 401.

    Each `except` names the errors that it catches.
    """

    def crash(*args, **kwargs):
        raise RuntimeError("a fault of the server")

    monkeypatch.setattr(OKPAlgorithm, "verify", crash)

    with pytest.raises(RuntimeError, match="a fault of the server"):
        get(f"Bearer {token}")


def test_an_expired_token_is_rejected(user, token_for, settings):
    """An expired token gets its own error code, so that a client knows to log in again."""
    settings.JWT_LIFETIME = timedelta(seconds=-11)
    expired = token_for(user)

    assert_refused(get(f"Bearer {expired}"), "The token has expired.", code="token_expired")


def test_a_forged_token_is_rejected(forge, attacker):
    """A token that was signed with another key is rejected."""
    forged = forge(key=attacker)

    assert_refused(get(f"Bearer {forged}"), "The token is invalid.")


def test_a_token_of_a_deleted_user_is_rejected(user, token):
    """The token of a deleted user is rejected."""
    user.delete()

    assert_refused(get(f"Bearer {token}"), "The token is invalid.")


def test_a_token_of_a_deactivated_user_is_rejected(user, token):
    """Deactivating a user takes effect at the next request."""
    User.objects.update(is_active=False)

    assert_refused(get(f"Bearer {token}"), "The token is invalid.")


@pytest.mark.parametrize("subject", ["0{pk}", "ada"], ids=["leading zero", "username"])
def test_an_invalid_subject_is_rejected(user, forge, subject):
    """Only the exact text that we write into `sub` finds the user: 07 is not 7."""
    forged = forge(sub=subject.format(pk=user.pk))

    assert_refused(get(f"Bearer {forged}"), "The token is invalid.")


def test_digits_of_another_script_are_rejected(user, forge):
    """Python reads ٧ as the number 7, but as a subject it doesn't identify the user 7."""
    arabic = str(user.pk).translate({48 + digit: 0x660 + digit for digit in range(10)})

    assert_refused(get(f"Bearer {forge(sub=arabic)}"), "The token is invalid.")


def test_a_valid_token_costs_one_query(token, django_assert_num_queries):
    """A valid token costs one database query, which fetches the user."""
    with django_assert_num_queries(1):
        assert get(f"Bearer {token}").status_code == 200


def test_a_bad_token_costs_no_query(forge, attacker, django_assert_num_queries):
    """A token that was not signed with our key causes no database query."""
    forged = forge(key=attacker)

    with django_assert_num_queries(0):
        assert get(f"Bearer {forged}").status_code == 401
        assert get("Bearer a b").status_code == 401
        assert get().status_code == 401
