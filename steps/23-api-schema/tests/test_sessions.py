from datetime import timedelta

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.links import make_registration_link
from authentication.management.commands.removeexpiredsessions import Command
from authentication.models import Session, User
from authentication.tokens import read_token

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


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


def test_a_login_starts_a_session(user):
    """A login stores a session, and its token has the session's id as `sid`."""
    answer = login(headers={"User-Agent": "Phone"}, REMOTE_ADDR="192.0.2.1")

    session = Session.objects.get()
    claims = read_token(answer.json()["access_token"])
    assert (claims["sub"], claims["sid"]) == (str(user.pk), str(session.pk))
    assert (session.user, session.user_agent, session.address) == (user, "Phone", "192.0.2.1")
    assert str(session) == f"ada since {session.created_at:%Y-%m-%d %H:%M}"


def test_a_registration_starts_a_session():
    """A registration logs the user in."""
    token = make_registration_link("ada@example.com").split("=")[1]
    data = {"token": token, "username": "ada", "password": PASSWORD}
    answer = APIClient().post("/api/registration/confirm", data, format="json")

    session = Session.objects.get()
    assert read_token(answer.json()["access_token"])["sid"] == str(session.pk)
    assert session.user.email == "ada@example.com"
    assert session.user.last_login is not None


def test_a_response_contains_the_lifetime_of_its_token(user):
    """A response has the type and lifetime of its token, so a client doesn't have to decode it."""
    answer = login().json()
    claims = read_token(answer["access_token"])

    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == claims["exp"] - claims["iat"]


def test_an_unusual_user_agent_is_stored(user):
    """The `User-Agent` is stored without NUL, and cut to the length of the column."""
    assert login(headers={"User-Agent": "\0" + "x" * 300}).status_code == 200
    assert Session.objects.get().user_agent == "x" * 255


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("7.7.7.7:40001", "7.7.7.7"),
        ("\0" + "y" * 300, "192.0.2.9"),
    ],
    ids=["a port", "no address"],
)
def test_a_session_stores_the_ip_address_that_is_counted(user, settings, header, address):
    """A session has the IP address that the throttles count, without a port.

    `client_address` in `authentication/throttles.py` returns it.
    """
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    answer = login(headers={"X-Forwarded-For": header}, REMOTE_ADDR="192.0.2.9")

    assert answer.status_code == 200
    assert Session.objects.get().address == address


def test_a_login_without_a_user_agent_succeeds(user):
    """A client without a `User-Agent` or an address can log in too."""
    assert login(REMOTE_ADDR=None).status_code == 200

    session = Session.objects.get()
    assert (session.user_agent, session.address) == ("", "")


def test_last_login_is_written_once(user):
    """A login writes `last_login` once, in Django's own receiver."""
    with CaptureQueriesContext(connection) as queries:
        assert login().status_code == 200

    writes = [query["sql"] for query in queries if 'SET "last_login" =' in query["sql"]]
    assert len(writes) == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_and_its_last_login_are_saved_together(user):
    """Receivers of the login signal run in the transaction that saves the session."""
    seen = []

    def receiver(sender, **signal):
        seen.append(connection.in_atomic_block)

    user_logged_in.connect(receiver)
    login()
    user_logged_in.disconnect(receiver)

    assert seen == [True]


def test_the_token_of_a_deleted_session_is_rejected(phone, laptop):
    """If a session is deleted, its token returns 401, and other devices stay logged in."""
    assert (me(phone), me(laptop)) == (200, 200)
    Session.objects.get(user_agent="Phone").delete()

    assert (me(phone), me(laptop)) == (401, 200)
    assert phone.get("/api/me").json() == {
        "detail": "The token is invalid.",
        "code": "token_invalid",
    }


def test_a_user_who_is_deactivated_by_sql_is_rejected(user, phone):
    """A deactivation by SQL ends no session, so each request checks the user too."""
    User._base_manager.update(is_active=False)

    assert user.sessions.count() == 1
    assert me(phone) == 401


def test_a_session_costs_one_query(phone, django_assert_num_queries):
    """Session and user are fetched in one query."""
    with django_assert_num_queries(1):
        assert me(phone) == 200


def test_a_session_id_in_another_spelling_is_rejected(user, forge):
    """Only the exact text that we write into `sid` finds the session."""
    for sid in ["{{{pk}}}", "\0"]:
        forged = forge(sid=sid.format(pk=user.sessions.get().pk))

        assert me(client_with(forged)) == 401


def test_a_session_id_in_capitals_is_rejected(user, forge):
    """Django would read a UUID in capitals, too, but we compare the exact text."""
    assert me(client_with(forge(sid=str(user.sessions.get().pk).upper()))) == 401


def test_a_token_for_the_session_of_another_user_is_rejected(user, other, forge, token_for):
    """A token that names one user and the session of another is rejected."""
    token_for(other)

    assert me(client_with(forge(sub=str(other.pk)))) == 401
    assert me(client_with(forge(sid=str(other.sessions.get().pk)))) == 401


def test_deleting_a_user_deletes_their_sessions(user, phone):
    """If a user is deleted, their sessions are deleted too."""
    user.delete()

    assert Session.objects.count() == 0
    assert me(phone) == 401


def test_expired_sessions_are_removed(user, capsys):
    """`removeexpiredsessions` removes sessions unused for two weeks or older than 90 days."""
    now = timezone.now()
    Session.objects.create(user=user, refreshed_at=now - timedelta(days=14, hours=1))
    Session.objects.create(user=user, created_at=now - timedelta(days=90, hours=1))
    rested = Session.objects.create(user=user, refreshed_at=now - timedelta(days=13, hours=23))
    old = Session.objects.create(user=user, created_at=now - timedelta(days=89, hours=23))
    call_command("removeexpiredsessions")

    assert set(Session.objects.all()) == {rested, old}
    assert capsys.readouterr().out == "Sessions removed: 2\n"
    assert Command.help == "Removes the sessions that nobody can refresh any more."
