import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import Session, User
from authentication.sessions import refresh_session, tokens_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
CHALLENGE = 'Bearer realm="api"'


@pytest.fixture
def other(db):
    return User.objects.create_user("grace", "grace@example.com", PASSWORD)


def login(email="ada@example.com", **environment):
    data = {"email": email, "password": PASSWORD}
    return APIClient().post("/api/login", data, format="json", **environment)


def client_with(token):
    return APIClient(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def phone(user):
    """A client of Ada's that has logged in."""
    return client_with(login(headers={"User-Agent": "Phone"}).json()["access_token"])


@pytest.fixture
def laptop(user, phone):
    """A second client of Ada's, which has logged in later."""
    return client_with(login(headers={"User-Agent": "Laptop"}).json()["access_token"])


def me(client):
    return client.get("/api/me").status_code


def test_logout_ends_the_session_at_once(phone, laptop):
    """After a logout the token gets a 401. The other device stays logged in."""
    answer = phone.post("/api/logout")

    assert (answer.status_code, answer.content) == (204, b"")
    assert me(phone) == 401
    assert phone.get("/api/me").json() == {
        "detail": "The token is invalid.",
        "code": "token_invalid",
    }
    assert me(laptop) == 200


def test_an_admin_cookie_is_not_enough_to_log_out(client, user):
    """In development the admin's cookie gives access to the API, but a logout requires a token."""
    client.force_login(user)

    assert client.get("/api/sessions").json()["results"] == []
    assert client.post("/api/logout", content_type="application/json").status_code == 401


def test_logout_everywhere_ends_all_sessions(phone, laptop, other, token_for):
    """A user who has lost a device logs out everywhere. Other users stay logged in."""
    grace = client_with(token_for(other))
    answer = laptop.delete("/api/sessions")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (me(phone), me(laptop), me(grace)) == (401, 401, 200)


def test_a_user_sees_their_own_sessions(phone, laptop, other, token_for):
    """The list shows each session with its device, the newest first, and marks the current one."""
    token_for(other)
    answer = phone.get("/api/sessions")
    newest, oldest = Session.objects.filter(user__username="ada").order_by("-created_at")

    assert answer.status_code == 200
    assert answer.json() == {
        "count": 2,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": str(session.pk),
                "created_at": session.created_at.isoformat().replace("+00:00", "Z"),
                "refreshed_at": session.refreshed_at.isoformat().replace("+00:00", "Z"),
                "user_agent": user_agent,
                "address": "127.0.0.1",
                "current": current,
            }
            for session, user_agent, current in [(newest, "Laptop", False), (oldest, "Phone", True)]
        ],
    }


def test_the_list_of_sessions_is_paginated(user, phone, django_assert_num_queries):
    """A page has 50 sessions, and `next` leads to the rest. No session is repeated or missing.

    All but the oldest start at the same moment here, so the order needs a second key.
    """
    Session.objects.bulk_create(Session(user=user) for _ in range(49))
    Session.objects.update(created_at=timezone.now())
    oldest = Session.objects.create(
        id=uuid.UUID(int=0), user=user, created_at=timezone.now() - timedelta(days=1)
    )
    with django_assert_num_queries(3):
        first = phone.get("/api/sessions").json()
    second = phone.get(first["next"]).json()

    assert (first["count"], len(first["results"]), first["previous"]) == (51, 50, None)
    assert first["next"] == "http://testserver/api/sessions?page=2"
    assert (second["count"], len(second["results"]), second["next"]) == (51, 1, None)
    assert second["previous"] == "http://testserver/api/sessions"
    shown = [session["id"] for session in first["results"]]
    newer = Session.objects.exclude(pk=oldest.pk).order_by("pk").values_list("pk", flat=True)
    assert shown == [str(pk) for pk in newer]
    assert second["results"][0]["id"] == str(oldest.pk)


def test_a_page_that_does_not_exist_is_not_found(phone):
    """A page after the last one, or one that is not a number, returns 404."""
    for page in ["2", "x"]:
        answer = phone.get(f"/api/sessions?page={page}")

        assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})


def test_one_session_can_be_ended(phone, laptop):
    """A user can end the session of one device from another."""
    session = Session.objects.get(user_agent="Laptop")
    answer = phone.delete(f"/api/sessions/{session.pk}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (me(phone), me(laptop)) == (200, 401)
    assert phone.delete(f"/api/sessions/{session.pk}").status_code == 404


def test_a_session_of_another_user_is_not_found(phone, other, token_for):
    """Ending a session of another user returns the same 404 as one that does not exist."""
    grace = client_with(token_for(other))
    answer = phone.delete(f"/api/sessions/{other.sessions.get().pk}")

    assert answer.status_code == 404
    assert answer.json() == phone.delete(f"/api/sessions/{uuid.uuid4()}").json()
    assert answer.json() == {"detail": "Not found."}
    assert me(grace) == 200


def test_a_path_without_a_uuid_is_not_found(phone):
    """A path without a UUID returns 404. A path with the id of a session ends it."""
    for pk in ["1", "\0"]:
        assert phone.delete(f"/api/sessions/{pk}").status_code == 404
    assert phone.delete(f"/api/sessions/{Session.objects.get().pk}").status_code == 204


def test_sessions_require_authentication():
    """Each of these requests gets a 401 without a token."""
    for method, path in [
        ("post", "/api/logout"),
        ("get", "/api/sessions"),
        ("delete", "/api/sessions"),
        ("delete", "/api/sessions/00000000-0000-0000-0000-000000000000/"),
    ]:
        answer = getattr(APIClient(), method)(path)

        assert answer.status_code == 401
        assert answer.json() == {"detail": "Authentication credentials were not provided."}


@pytest.fixture
def session(user):
    return Session.objects.create(user=user)


@pytest.fixture
def refresh_token(session):
    return tokens_of(session)["refresh_token"]


def logout(data, authorization=None):
    headers = {"Authorization": authorization} if authorization else None
    return APIClient(headers=headers).post("/api/logout", data, format="json")


@pytest.mark.parametrize("authorization", [None, "Bearer expired"])
def test_a_refresh_token_is_enough_to_log_out(session, refresh_token, authorization):
    """A logout works when the access token is missing or expired: the header is not read."""
    answer = logout({"refresh_token": refresh_token}, authorization)

    assert (answer.status_code, answer.content) == (204, b"")
    assert Session.objects.count() == 0


def test_a_spent_refresh_token_logs_out_too(refresh_token):
    """A client that lost the last response has only a spent token, and can still log out."""
    refresh_session(refresh_token)
    answer = logout({"refresh_token": refresh_token})

    assert (answer.status_code, answer.content) == (204, b"")
    assert Session.objects.count() == 0


def test_a_logout_ends_the_session_of_the_refresh_token(user, session, refresh_token):
    """With a refresh token in the body, the session in the header goes on."""
    other = Session.objects.create(user=user)
    access_token = tokens_of(other)["access_token"]
    answer = logout({"refresh_token": refresh_token}, f"Bearer {access_token}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert Session.objects.get() == other


def test_a_wrong_refresh_token_logs_nobody_out(session, forge, attacker):
    """An invalid token gets a 204, too, because its session has already ended (RFC 7009)."""
    ours = {"sid": str(session.pk), "jti": str(session.refresh_id)}
    wrong = [
        "nonsense",
        tokens_of(session)["access_token"],
        forge(typ="rt+jwt", key=attacker, **ours),
        forge(typ="rt+jwt", exp=1, **ours),
        forge(typ="rt+jwt", **ours | {"sid": str(uuid.uuid4())}),
    ]
    answers = [logout({"refresh_token": token}) for token in wrong]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 5
    assert Session.objects.filter(pk=session.pk).exists()


def test_a_logout_with_a_malformed_body_is_rejected(session):
    """A body that can't be read returns 400, even with a valid access token, and ends nothing."""
    client = APIClient(headers={"Authorization": f"Bearer {tokens_of(session)['access_token']}"})
    for body, answer in [
        ("null", {"non_field_errors": ["No data provided"]}),
        ('{"refresh_token": ""}', {"refresh_token": ["This field may not be blank."]}),
    ]:
        refused = client.post("/api/logout", body, content_type="application/json")

        assert (refused.status_code, refused.json()) == (400, answer)
    assert Session.objects.get() == session


def test_a_logout_requires_one_of_the_two_tokens(refresh_token):
    """Without either token, the response is a 401. The refresh token alone is enough."""
    for body in [None, {}]:
        answer = logout(body)

        assert answer.status_code == 401
        assert answer.json() == {"detail": "Authentication credentials were not provided."}
        assert answer["WWW-Authenticate"] == CHALLENGE
    assert logout({"refresh_token": refresh_token}).status_code == 204


def test_a_logout_with_a_wrong_access_token_is_rejected(refresh_token):
    """A wrong access token gets a 401, unless the request also has a refresh token."""
    answer = logout({}, "Bearer nonsense")

    assert answer.status_code == 401
    assert answer.json() == {"detail": "The token is invalid.", "code": "token_invalid"}
    assert answer["WWW-Authenticate"] == f'{CHALLENGE}, error="invalid_token"'
    assert logout({"refresh_token": refresh_token}, "Bearer nonsense").status_code == 204
