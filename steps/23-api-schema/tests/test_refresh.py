import logging
import threading
from datetime import timedelta

import jwt
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import Session, User
from authentication.sessions import tokens_of
from authentication.tokens import REFRESH, issue_refresh_token, read_token

pytestmark = pytest.mark.django_db

CHALLENGE = 'Bearer realm="api"'
USED = {"detail": "The token has been used already.", "code": "token_used"}


@pytest.fixture
def session(user):
    return Session.objects.create(user=user)


@pytest.fixture
def refresh_token(session):
    return issue_refresh_token(session)


def refresh(refresh_token):
    data = {"refresh_token": refresh_token}
    return APIClient().post("/api/refresh", data, format="json")


def assert_refused(answer, detail="The token is invalid.", code="token_invalid"):
    assert answer.status_code == 401
    assert answer.json() == {"detail": detail, "code": code}
    assert answer["WWW-Authenticate"] == CHALLENGE


def let_pass(session, **time):
    """Move the last refresh of a session this far into the past."""
    Session.objects.filter(pk=session.pk).update(refreshed_at=timezone.now() - timedelta(**time))


@pytest.fixture
def security_log(caplog):
    """Return the level and the text of each security event that has been logged."""
    caplog.set_level(logging.INFO, "authentication.security")
    return lambda: [
        (record.levelname, record.message)
        for record in caplog.records
        if record.name == "authentication.security"
    ]


def test_a_login_returns_two_tokens(session, settings):
    """A login returns an access token for five minutes, and a refresh token for the next pair."""
    tokens = tokens_of(session)

    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 300
    claims = read_token(tokens["refresh_token"], REFRESH)
    assert claims == {
        "sub": str(session.user_id),
        "sid": str(session.pk),
        "jti": str(session.refresh_id),
        "iat": claims["iat"],
        "exp": claims["iat"] + 14 * 24 * 3600,
        "iss": "tutorial",
        "aud": "tutorial-api",
    }
    assert jwt.get_unverified_header(tokens["refresh_token"])["typ"] == "rt+jwt"
    assert read_token(tokens["access_token"])["sid"] == str(session.pk)


def test_a_refresh_returns_new_tokens(session, refresh_token):
    """A refresh returns two new tokens of the same session, which must not be cached."""
    let_pass(session, days=1)
    answer = refresh(refresh_token)

    assert answer.status_code == 200
    assert list(answer.json()) == ["access_token", "token_type", "expires_in", "refresh_token"]
    assert answer["Cache-Control"] == "no-store"
    before = session.refresh_id
    session.refresh_from_db()
    assert session.refresh_id != before
    assert timezone.now() - session.refreshed_at < timedelta(minutes=1)
    assert read_token(answer.json()["access_token"])["sid"] == str(session.pk)
    claims = read_token(answer.json()["refresh_token"], REFRESH)
    assert claims["jti"] == str(session.refresh_id)


def test_a_spent_token_gets_the_same_tokens_again(session, refresh_token):
    """A client that lost the response asks again, and gets exactly the same refresh token."""
    first = refresh(refresh_token).json()
    let_pass(session, seconds=29)
    session.refresh_from_db()
    expected = issue_refresh_token(session)
    again = refresh(refresh_token)

    assert again.status_code == 200
    assert list(again.json()) == list(first)
    assert again.json()["refresh_token"] == expected
    jti = read_token(first["refresh_token"], REFRESH)["jti"]
    assert read_token(expected, REFRESH)["jti"] == jti
    assert read_token(again.json()["access_token"])["sid"] == str(session.pk)
    assert again["Cache-Control"] == "no-store"
    assert Session.objects.get().refresh_id == session.refresh_id


def test_the_same_refresh_token_is_issued_until_the_next_refresh(session):
    """`iat` is the time of the last refresh, so a repeated response contains the same token."""
    let_pass(session, days=2)
    session.refresh_from_db()
    token = issue_refresh_token(session)

    assert token == issue_refresh_token(session)
    assert read_token(token, REFRESH)["iat"] == int(session.refreshed_at.timestamp())


@pytest.mark.django_db(transaction=True)
def test_two_requests_that_write_at_once_rotate_once(session, refresh_token, monkeypatch):
    """If two requests read the session and then write at once, both get the same token.

    `update` has to check the old id itself. A check before the `update` comes too early.
    """
    together = threading.Barrier(2)
    update = QuerySet.update

    def update_together(sessions, **values):
        together.wait(timeout=30)
        return update(sessions, **values)

    monkeypatch.setattr(QuerySet, "update", update_together)
    answers = []

    def ask():
        answers.append(refresh(refresh_token))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert issue_refresh_token(Session.objects.get()) == answers[0].json()["refresh_token"]


def test_a_spent_token_that_comes_late_ends_the_session(session, refresh_token, security_log):
    """A spent token that comes after the leeway must be a copy, so the session ends.

    The log of security events names the session and its user.
    """
    newer = refresh(refresh_token).json()
    let_pass(session, seconds=31)
    assert_refused(refresh(refresh_token), **USED)

    assert Session.objects.count() == 0
    assert_refused(refresh(newer["refresh_token"]))
    me = APIClient(headers={"Authorization": f"Bearer {newer['access_token']}"}).get("/api/me")
    assert me.status_code == 401
    event = f"A refresh token came twice: session {session.pk} of user {session.user_id} has ended."
    assert security_log() == [("WARNING", event)]


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_session_is_not_rolled_back(session, refresh_token, monkeypatch):
    """With `ATOMIC_REQUESTS`, DRF rolls back a failed request, but the session stays ended."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    refresh(refresh_token)
    let_pass(session, seconds=31)
    assert_refused(refresh(refresh_token), **USED)

    assert Session.objects.count() == 0


def test_an_older_token_ends_the_session_at_once(session, refresh_token, security_log):
    """A thief who refreshes every few seconds is detected when the owner sends an older token."""
    stolen = refresh(refresh_token).json()["refresh_token"]
    stolen = refresh(stolen).json()["refresh_token"]
    assert_refused(refresh(refresh_token), **USED)

    assert_refused(refresh(stolen))
    assert Session.objects.count() == 0
    event = f"A refresh token came twice: session {session.pk} of user {session.user_id} has ended."
    assert security_log() == [("WARNING", event)]


def test_a_logout_at_the_same_moment_is_not_logged_as_theft(
    session, refresh_token, security_log, monkeypatch
):
    """A logout can end the session while a refresh is under way. Then the log has no warning."""
    update = QuerySet.update

    def update_after_logout(queryset, **values):
        Session.objects.all().delete()
        return update(queryset, **values)

    monkeypatch.setattr(QuerySet, "update", update_after_logout)
    assert_refused(refresh(refresh_token), **USED)

    assert security_log() == []


def test_a_repeat_within_the_leeway_is_logged(session, refresh_token, security_log):
    """A repeated refresh is not a theft, so it is logged with the level INFO."""
    refresh(refresh_token)
    refresh(refresh_token)

    names = f"session {session.pk} of user {session.user_id}"
    assert security_log() == [("INFO", f"A refresh token came again at once: {names} goes on.")]


def test_the_leeway_is_a_setting(session, refresh_token, settings):
    """The leeway is 30 seconds, and a setting. With 0, every repeat ends the session."""
    assert settings.REFRESH_REUSE_LEEWAY == timedelta(seconds=30)
    settings.REFRESH_REUSE_LEEWAY = timedelta(minutes=10)
    refresh(refresh_token)
    let_pass(session, minutes=9)
    assert refresh(refresh_token).status_code == 200

    settings.REFRESH_REUSE_LEEWAY = timedelta(0)
    assert_refused(refresh(refresh_token), **USED)
    assert Session.objects.count() == 0


def test_a_copied_token_ends_only_its_own_session(user, session, refresh_token):
    """A copied token ends only its own session."""
    other = Session.objects.create(user=user)
    refresh(refresh_token)
    let_pass(session, hours=1)
    let_pass(other, hours=1)
    refresh(refresh_token)

    assert Session.objects.get() == other


def test_an_unused_refresh_token_stays_valid(session, refresh_token):
    """A refresh token that was not used is still valid 13 days after the last refresh."""
    let_pass(session, days=13)

    assert refresh(refresh_token).status_code == 200


def test_a_session_has_an_absolute_end(user, settings):
    """A session ends 90 days after the login. Its refresh tokens have no later `exp`."""
    assert settings.SESSION_LIFETIME == timedelta(days=90)
    now = timezone.now()
    session = Session.objects.create(user=user, created_at=now - timedelta(days=89))
    tokens = refresh(issue_refresh_token(session)).json()

    end = int((session.created_at + timedelta(days=90)).timestamp())
    assert read_token(tokens["refresh_token"], REFRESH)["exp"] == end
    assert tokens["expires_in"] == 300


def test_an_access_token_can_outlive_its_session(user):
    """Only the refresh token ends with the session. `expires_in` is 300, and `exp` agrees."""
    created_at = timezone.now() - timedelta(days=90) + timedelta(minutes=1)
    session = Session.objects.create(user=user, created_at=created_at)
    tokens = refresh(issue_refresh_token(session)).json()

    claims = read_token(tokens["access_token"])
    assert (tokens["expires_in"], claims["exp"] - claims["iat"]) == (300, 300)


def test_a_shorter_lifetime_applies_to_existing_sessions(user, settings):
    """A lower `SESSION_LIFETIME` also applies to tokens that were issued before."""
    created_at = timezone.now() - timedelta(days=31)
    session = Session.objects.create(user=user, created_at=created_at)
    token = issue_refresh_token(session)
    settings.SESSION_LIFETIME = timedelta(days=30)

    assert_refused(refresh(token), "The token has expired.", code="token_expired")
    assert Session.objects.get().refresh_id == session.refresh_id


def test_an_expired_refresh_token_has_its_own_code(session, settings):
    """After two weeks without a refresh, the user has to log in again."""
    assert settings.JWT_REFRESH_LIFETIME == timedelta(days=14)
    settings.JWT_REFRESH_LIFETIME = timedelta(seconds=-11)

    assert_refused(
        refresh(issue_refresh_token(session)), "The token has expired.", code="token_expired"
    )


def test_a_deactivated_user_cannot_refresh(session, refresh_token):
    """A user who was deactivated by SQL still has a session, but can't refresh it."""
    User._base_manager.update(is_active=False)

    assert_refused(refresh(refresh_token))
    session.refresh_from_db()
    assert str(session.refresh_id) == read_token(refresh_token, REFRESH)["jti"]


def test_a_deleted_user_cannot_refresh(user, refresh_token):
    """A refresh for a deleted user returns 401, not 500."""
    user.delete()

    assert_refused(refresh(refresh_token))


def test_a_refresh_after_a_logout_is_rejected(session, refresh_token):
    """A refresh does not restore a session that has ended."""
    session.delete()

    assert_refused(refresh(refresh_token))


def test_an_access_token_cannot_refresh(session):
    """Neither kind of token is accepted in place of the other."""
    assert_refused(refresh(tokens_of(session)["access_token"]))


def test_a_refresh_token_without_a_claim_is_rejected(session, forge):
    """All seven claims are required."""
    for claim in ["sid", "jti"]:
        claims = {"sid": str(session.pk), "jti": str(session.refresh_id)} | {claim: ...}

        assert_refused(refresh(forge(typ="rt+jwt", **claims)))


def test_a_refresh_id_that_is_not_a_uuid_is_rejected(session, forge):
    """A `jti` that is not a UUID gets a 401, even with our signature, and ends nothing."""
    for jti in ["1", None]:
        assert_refused(refresh(forge(typ="rt+jwt", sid=str(session.pk), jti=jti)))
        assert Session.objects.filter(pk=session.pk).exists()


def test_a_malformed_token_is_rejected(django_assert_num_queries):
    """A malformed token returns 401, and causes no database query."""
    for text in ["a", "a.b.c", "\u20ac"]:
        with django_assert_num_queries(0):
            assert_refused(refresh(text))


def test_the_refresh_token_must_be_a_string():
    """A value that is not a string, or is too long for a token, returns 400."""
    for value, message in [
        (None, "This field may not be null."),
        ("x" * 4097, "Ensure this field has no more than 4096 characters."),
    ]:
        answer = refresh(value)

        assert answer.status_code == 400
        assert answer.json() == {"refresh_token": [message]}


def test_an_expired_access_token_does_not_stop_a_refresh(refresh_token):
    """A client that refreshes may send its expired access token, which is ignored."""
    client = APIClient(headers={"Authorization": "Bearer expired"})

    answer = client.post("/api/refresh/", {"refresh_token": refresh_token}, format="json")
    assert answer.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_migration_gives_each_session_its_own_refresh_id(user):
    """Existing sessions get different ids. `AddField` alone would give all of them the same id."""
    Session.objects.bulk_create(Session(user=user) for _ in range(4))
    call_command("migrate", "authentication", "0005", verbosity=0)
    call_command("migrate", verbosity=0)

    assert len(set(Session.objects.values_list("refresh_id", flat=True))) == 4
    assert set(Session.objects.values_list("previous_refresh_id", flat=True)) == {None}
