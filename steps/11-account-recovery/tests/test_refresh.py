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
    """Let so much time pass since the last refresh."""
    Session.objects.filter(pk=session.pk).update(refreshed_at=timezone.now() - timedelta(**time))


def test_a_login_brings_two_tokens(session, settings):
    """One token opens the door for five minutes, the other one fetches the next pair."""
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


def test_a_refresh_brings_new_tokens(session, refresh_token):
    """A refresh is answered by two new tokens of the same session, which no cache may keep."""
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


def test_a_refresh_token_is_good_once(session, refresh_token):
    """Who comes second with a token gets none. Within ten seconds that may be a second tab."""
    assert refresh(refresh_token).status_code == 200
    let_pass(session, seconds=9)
    answer = refresh(refresh_token)

    assert_refused(answer, "The token has been used already.", code="token_used")
    assert Session.objects.get() == session


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_at_once_one_wins(session, refresh_token, monkeypatch):
    """Two have looked, and write at the same moment: one gets tokens.

    `update` has to ask for the old id itself. To look first and write then is too late.
    """
    together = threading.Barrier(2)
    update = QuerySet.update

    def update_together(sessions, **values):
        together.wait()
        return update(sessions, **values)

    monkeypatch.setattr(QuerySet, "update", update_together)
    statuses = []

    def ask():
        statuses.append(refresh(refresh_token).status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 401]
    assert Session.objects.get() == session


def test_a_token_that_comes_back_later_ends_the_session(session, refresh_token, caplog):
    """A used token that comes later was copied: neither the owner nor the thief may go on.

    The log of security events says whose session it was.
    """
    newer = refresh(refresh_token).json()
    let_pass(session, seconds=11)
    assert_refused(refresh(refresh_token), "The token has been used already.", code="token_used")

    assert Session.objects.count() == 0
    assert_refused(refresh(newer["refresh_token"]))
    me = APIClient(headers={"Authorization": f"Bearer {newer['access_token']}"}).get("/api/me")
    assert me.status_code == 401
    event = f"A refresh token came twice: session {session.pk} of user {session.user_id} has ended."
    assert ("authentication.security", event) in {
        (record.name, record.message) for record in caplog.records
    }


def test_a_second_tab_is_no_security_event(session, refresh_token, caplog):
    """Two tabs that refresh at once leave nothing in the log of security events."""
    refresh(refresh_token)
    refresh(refresh_token)

    assert [record for record in caplog.records if record.name == "authentication.security"] == []


def test_the_leeway_is_a_setting(session, refresh_token, settings):
    """How late a second tab may be is a setting, and it is ten seconds."""
    assert settings.REFRESH_REUSE_LEEWAY == timedelta(seconds=10)
    settings.REFRESH_REUSE_LEEWAY = timedelta(minutes=10)
    refresh(refresh_token)
    let_pass(session, minutes=9)
    refresh(refresh_token)

    assert Session.objects.get() == session


def test_one_session_ends_and_the_others_do_not(user, session, refresh_token):
    """A token that was copied ends its own session only."""
    other = Session.objects.create(user=user)
    refresh(refresh_token)
    let_pass(session, hours=1)
    let_pass(other, hours=1)
    refresh(refresh_token)

    assert Session.objects.get() == other


def test_an_unused_token_may_wait(session, refresh_token):
    """A token that nobody has used is good, however long its session has rested."""
    let_pass(session, days=13)

    assert refresh(refresh_token).status_code == 200


def test_an_expired_refresh_token_is_told_apart(session, settings):
    """After two weeks without a refresh one has to log in again."""
    assert settings.JWT_REFRESH_LIFETIME == timedelta(days=14)
    settings.JWT_REFRESH_LIFETIME = timedelta(seconds=-1)

    assert_refused(
        refresh(issue_refresh_token(session)), "The token has expired.", code="token_expired"
    )


def test_a_deactivated_user_cannot_refresh(session, refresh_token):
    """Whoever was switched off stays out."""
    User.objects.update(is_active=False)

    assert_refused(refresh(refresh_token))
    session.refresh_from_db()
    assert str(session.refresh_id) == read_token(refresh_token, REFRESH)["jti"]


def test_a_deleted_user_cannot_refresh(user, refresh_token):
    """Whoever was deleted gets a 401, and no crash."""
    user.delete()

    assert_refused(refresh(refresh_token))


def test_after_a_logout_there_is_nothing_to_refresh(session, refresh_token):
    """A session that has ended is not brought back."""
    session.delete()

    assert_refused(refresh(refresh_token))


def test_an_access_token_cannot_refresh(session):
    """The two kinds of tokens do not stand in for each other."""
    assert_refused(refresh(tokens_of(session)["access_token"]))


@pytest.mark.parametrize("claim", ["sub", "sid", "jti", "iat", "exp", "iss", "aud"])
def test_a_refresh_token_without_a_claim_is_refused(session, forge, claim):
    """All seven claims are demanded."""
    claims = {"sid": str(session.pk), "jti": str(session.refresh_id)} | {claim: ...}

    assert_refused(refresh(forge(typ="rt+jwt", **claims)))


@pytest.mark.parametrize("jti", ["", "1", "\0", 1, None, [], {}])
def test_a_refresh_id_that_we_would_not_write_is_refused(session, forge, jti):
    """Whatever stands for a refresh id, in a token that our key has signed, the answer is 401."""
    assert refresh(forge(typ="rt+jwt", sid=str(session.pk), jti=jti)).status_code == 401


@pytest.mark.parametrize("text", ["a", "a.b.c", "..", "\u20ac", "x" * 4096])
def test_something_that_is_no_token_is_refused(text, django_assert_num_queries):
    """Whatever comes as a token, the answer is a 401, and the database is not asked."""
    with django_assert_num_queries(0):
        assert_refused(refresh(text))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "This field may not be blank."),
        (None, "This field may not be null."),
        ([], "Not a valid string."),
        ("x\0", "Null characters are not allowed."),
        ("x" * 4097, "Ensure this field has no more than 4096 characters."),
    ],
)
def test_a_refresh_needs_a_text(value, message):
    """What is no text, or too long for a token, is answered by 400."""
    answer = refresh(value)

    assert answer.status_code == 400
    assert answer.json() == {"refresh_token": [message]}


def test_an_expired_access_token_does_not_stop_a_refresh(refresh_token):
    """A client sends its old token along, and that is just why it comes."""
    client = APIClient(headers={"Authorization": "Bearer expired"})

    answer = client.post("/api/refresh/", {"refresh_token": refresh_token}, format="json")
    assert answer.status_code == 200


def test_expired_sessions_are_removed(user, session, capsys):
    """`python manage.py removeexpiredsessions` removes what nobody can refresh any more."""
    expired = Session.objects.create(user=user)
    let_pass(session, days=13, hours=23)
    let_pass(expired, days=14, hours=1)
    call_command("removeexpiredsessions")

    assert Session.objects.get() == session
    assert capsys.readouterr().out == "Sessions removed: 1\n"
