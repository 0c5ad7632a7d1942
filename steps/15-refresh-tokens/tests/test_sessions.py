import threading
import uuid
from datetime import timedelta

import pytest
from django.contrib.admin import site
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.signals import user_logged_in
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.db.models.signals import pre_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIClient, APIRequestFactory

from authentication.models import Session, User
from authentication.sessions import start_session
from authentication.tokens import read_token

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another good one"

# The statement that makes a connection report a lock at once instead of waiting for it.
DO_NOT_WAIT = {"sqlite": "PRAGMA busy_timeout = 0", "postgresql": "SET lock_timeout = '1ms'"}


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
    data = {"email": "ada@example.com", "username": "ada", "password": PASSWORD}
    answer = APIClient().post("/api/registration", data, format="json")

    session = Session.objects.get()
    assert read_token(answer.json()["access_token"])["sid"] == str(session.pk)
    assert session.user.email == "ada@example.com"
    assert session.user.last_login is not None


def test_a_response_says_how_long_its_token_works(user):
    """A response names the type and the lifetime of its token, so a client need not decode it."""
    answer = login().json()
    claims = read_token(answer["access_token"])

    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == claims["exp"] - claims["iat"]


def test_a_client_may_send_anything_about_itself(user):
    """The `User-Agent` is stored without NUL, and cut to the length of the column."""
    assert login(headers={"User-Agent": "\0" + "x" * 300}).status_code == 200
    assert Session.objects.get().user_agent == "x" * 255


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("7.7.7.7:40001", "7.7.7.7"),
        ("[2001:db8::1]:40001", "2001:db8::1"),
        ("\0" + "y" * 300, "192.0.2.9"),
    ],
    ids=["a port", "a port after IPv6", "no address"],
)
def test_a_session_has_the_address_that_is_counted(user, settings, header, address):
    """A session has the IP address that the throttles count, without a port.

    `client_address` in `authentication/throttles.py` returns it.
    """
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    answer = login(headers={"X-Forwarded-For": header}, REMOTE_ADDR="192.0.2.9")

    assert answer.status_code == 200
    assert Session.objects.get().address == address


def test_a_client_need_not_say_anything_about_itself(user):
    """A client without a `User-Agent` or an address can log in too."""
    assert login(REMOTE_ADDR=None).status_code == 200

    session = Session.objects.get()
    assert (session.user_agent, session.address) == ("", "")


def test_last_login_is_written_once(user):
    """A login writes `last_login` once: Django's own listener does it."""
    with CaptureQueriesContext(connection) as queries:
        assert login().status_code == 200

    writes = [query["sql"] for query in queries if 'SET "last_login" =' in query["sql"]]
    assert len(writes) == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_and_its_last_login_are_saved_together(user):
    """What listens to a login runs in the transaction that saves the session."""
    seen = []

    def receiver(sender, **signal):
        seen.append(connection.in_atomic_block)

    user_logged_in.connect(receiver)
    login()
    user_logged_in.disconnect(receiver)

    assert seen == [True]


def test_a_deleted_session_opens_nothing(phone, laptop):
    """When the row of a session is deleted, its token gets a 401, and other devices go on."""
    assert (me(phone), me(laptop)) == (200, 200)
    Session.objects.get(user_agent="Phone").delete()

    assert (me(phone), me(laptop)) == (401, 200)
    assert phone.get("/api/me").json() == {
        "detail": "The token is invalid.",
        "code": "token_invalid",
    }


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


def test_a_cookie_of_the_admin_cannot_log_out(client, user):
    """In development the admin's cookie opens the API too, but a logout needs a token."""
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


def test_sessions_come_page_by_page(user, phone, django_assert_num_queries):
    """A page has 50 sessions, and `next` leads to the rest. No page repeats or leaves out one.

    All but the oldest begin at the same moment here, so only a second key puts them in an order.
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


@pytest.mark.parametrize("page", ["2", "x", "%00"])
def test_a_page_that_does_not_exist_is_not_found(phone, page):
    """A page after the last one, or something that is not a number, is a 404."""
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
    """A session of another user gets the same 404 as one that does not exist."""
    grace = client_with(token_for(other))
    answer = phone.delete(f"/api/sessions/{other.sessions.get().pk}")

    assert answer.status_code == 404
    assert answer.json() == phone.delete(f"/api/sessions/{uuid.uuid4()}").json()
    assert answer.json() == {"detail": "Not found."}
    assert me(grace) == 200


@pytest.mark.parametrize("pk", ["1", "x" * 36, "\0"])
def test_a_path_without_a_uuid_is_not_found(phone, pk):
    """A text that is not a UUID gets a 404. The id of a session ends it."""
    assert phone.delete(f"/api/sessions/{pk}").status_code == 404
    assert phone.delete(f"/api/sessions/{Session.objects.get().pk}").status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/api/logout"),
        ("get", "/api/sessions"),
        ("delete", "/api/sessions"),
        ("delete", "/api/sessions/00000000-0000-0000-0000-000000000000/"),
    ],
)
def test_sessions_require_authentication(method, path):
    """Each of these requests gets a 401 without a token."""
    answer = getattr(APIClient(), method)(path)

    assert answer.status_code == 401
    assert answer.json() == {"detail": "Authentication credentials were not provided."}


def test_a_new_password_ends_all_sessions(user, phone, laptop):
    """A stolen token stops working when the password changes."""
    user.set_password(NEW_PASSWORD)
    user.save()

    assert (me(phone), me(laptop)) == (401, 401)


def test_a_new_password_in_the_admin_ends_all_sessions(user, phone, admin_client):
    """The admin's page for a password ends the sessions of that user, and no others."""
    admin = Session.objects.create(user=User.objects.get(username="root"))
    new = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    admin_client.post(f"/admin/authentication/user/{user.pk}/password/", new)

    assert me(phone) == 401
    assert Session.objects.get() == admin


def test_a_stronger_hash_does_not_bring_an_old_password_back(user, settings, monkeypatch):
    """A login that hashes the old password again does not overwrite a new one."""
    checked = User.objects.get()
    user.set_password(NEW_PASSWORD)
    user.save()
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]

    assert checked.check_password(PASSWORD)
    with pytest.raises(AuthenticationFailed):
        start_session(checked, APIRequestFactory().post("/"))
    assert User.objects.get().check_password(NEW_PASSWORD)


def test_a_password_that_is_taken_away_ends_all_sessions(user, phone, admin_client):
    """A user whose password is disabled in the admin loses all sessions."""
    taken = {"usable_password": "false", "unset-password": "Disable"}
    admin_client.post(f"/admin/authentication/user/{user.pk}/password/", taken)

    assert not User.objects.get(pk=user.pk).has_usable_password()
    assert me(phone) == 401
    assert list(user.sessions.all()) == []


def test_a_deactivation_ends_all_sessions(user, phone):
    """A user who was deactivated, and is active again, has to log in again."""
    user.is_active = False
    user.save()
    assert me(phone) == 401

    user.is_active = True
    user.save()
    assert me(phone) == 401


def update(user, is_active):
    User.objects.filter(pk=user.pk).update(is_active=is_active)


def bulk_update(user, is_active):
    user.is_active = is_active
    User.objects.bulk_update([user], ["is_active"])


def update_in_the_admin(user, is_active):
    users = site.get_model_admin(User).get_queryset(APIRequestFactory().get("/"))
    users.filter(pk=user.pk).update(is_active=is_active)


@pytest.mark.parametrize("change", [update, bulk_update, update_in_the_admin])
def test_a_deactivation_of_many_ends_their_sessions(user, phone, other, token_for, change):
    """`update` and `bulk_update` do not call `save`, and end sessions all the same.

    An action of the admin changes the users that are ticked in this way.
    """
    grace = client_with(token_for(other))
    change(user, is_active=False)
    change(user, is_active=True)

    assert User.objects.get(pk=user.pk).is_active
    assert (me(phone), me(grace)) == (401, 200)


def test_a_user_who_is_deactivated_by_sql_is_refused(user, phone):
    """A deactivation by SQL ends no session, so each request checks the user too."""
    User._base_manager.update(is_active=False)

    assert user.sessions.count() == 1
    assert me(phone) == 401


@pytest.mark.django_db(transaction=True)
def test_users_are_deactivated_with_their_sessions_or_not_at_all(user, phone, monkeypatch):
    """If the sessions cannot be ended, `update` changes no user."""

    def fail(sessions):
        raise RuntimeError

    monkeypatch.setattr(QuerySet, "delete", fail)
    with pytest.raises(RuntimeError):
        User.objects.update(is_active=False)

    assert User.objects.get().is_active


def test_an_update_of_another_field_costs_one_query(user, phone, django_assert_num_queries):
    """`update` looks at sessions only when it changes `is_active`, and returns its count."""
    with django_assert_num_queries(1):
        assert User.objects.update(username="countess") == 1

    assert User.objects.update(is_active=True) == 1
    assert me(phone) == 200
    assert User.objects.update(is_active=False) == 1
    assert user.sessions.count() == 0


def test_other_changes_of_a_user_end_nothing(user, phone):
    """A new username ends no session, and a new password ends all of them."""
    user.username = "countess"
    user.save()
    assert me(phone) == 200

    user.set_password(NEW_PASSWORD)
    user.save()
    assert me(phone) == 401


def test_a_stronger_hash_is_no_new_password(user, phone, settings):
    """When a login hashes an old password again, other devices stay logged in.

    A new password ends their sessions, and the row has a new hash then too.
    """
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    PBKDF2PasswordHasher.iterations, before = 1, PBKDF2PasswordHasher.iterations
    login()
    PBKDF2PasswordHasher.iterations = before

    user.refresh_from_db()
    assert user.password.startswith("pbkdf2_sha256$1$")
    assert me(phone) == 200

    user.set_password(NEW_PASSWORD)
    user.save()
    assert me(phone) == 401


def test_a_password_that_changes_meanwhile_starts_no_session(user):
    """If the password changes during a login, the login gets no session."""
    checked = User.objects.get()
    user.set_password(NEW_PASSWORD)
    user.save()

    with pytest.raises(AuthenticationFailed) as caught:
        start_session(checked, APIRequestFactory().post("/"))

    assert caught.value.detail["code"] == "wrong_credentials"
    assert Session.objects.count() == 0


def test_a_user_who_is_deactivated_meanwhile_starts_no_session(user):
    """A user who is deactivated during a login gets no session."""
    checked = User.objects.get()
    User.objects.update(is_active=False)

    with pytest.raises(AuthenticationFailed):
        start_session(checked, APIRequestFactory().post("/"))

    assert Session.objects.count() == 0


def test_a_session_starts_with_the_row_of_its_user_locked(user):
    """The first statement writes to the user's row, so a change of the password has to wait."""
    with CaptureQueriesContext(connection) as queries:
        start_session(user, APIRequestFactory().post("/"))

    first, *_ = [query["sql"] for query in queries if "authentication_" in query["sql"]]
    assert first.startswith('UPDATE "authentication_user" SET "password" =')


@pytest.mark.django_db(transaction=True)
def test_no_session_survives_a_change_of_the_password(user):
    """While a login stores its session, a change of the password has to wait, and then ends it.

    `update` locks the row of the user until the transaction ends. A check without `update`, or
    without a transaction, locks nothing.
    """
    locked = []

    def write_to_the_user():
        with connection.cursor() as cursor:
            cursor.execute(DO_NOT_WAIT[connection.vendor])
        try:
            with transaction.atomic():
                User.objects.update(last_login=None)
                transaction.set_rollback(True)
        except OperationalError:
            locked.append(True)
        connection.close()

    def write_meanwhile(**arguments):
        thread = threading.Thread(target=write_to_the_user)
        thread.start()
        thread.join()

    pre_save.connect(write_meanwhile, sender=Session)
    start_session(user, APIRequestFactory().post("/"))
    pre_save.disconnect(write_meanwhile, sender=Session)

    assert locked == [True]
    user.set_password(NEW_PASSWORD)
    user.save()
    assert Session.objects.count() == 0


def test_a_session_costs_one_query(phone, django_assert_num_queries):
    """Session and user are fetched together."""
    with django_assert_num_queries(1):
        assert me(phone) == 200


@pytest.mark.parametrize(
    "sid", ["{{{pk}}}", "urn:uuid:{pk}", "\0", 1], ids=["braces", "urn", "NUL", "a number"]
)
def test_a_session_that_we_would_not_write_is_refused(user, forge, sid):
    """Only the exact text that we put into `sid` finds the session."""
    if isinstance(sid, str):
        sid = sid.format(pk=user.sessions.get().pk)

    assert me(client_with(forge(sid=sid))) == 401


def test_a_session_in_capitals_is_refused(user, forge):
    """The database ignores the case of a UUID, and we compare the exact text."""
    assert me(client_with(forge(sid=str(user.sessions.get().pk).upper()))) == 401


def test_a_token_stands_for_the_user_of_its_session(user, other, forge, token_for):
    """A token that names one user and the session of another is rejected."""
    token_for(other)

    assert me(client_with(forge(sub=str(other.pk)))) == 401
    assert me(client_with(forge(sid=str(other.sessions.get().pk)))) == 401


def test_a_deleted_user_leaves_no_session(user, phone):
    """If a user is deleted, their sessions are deleted too."""
    user.delete()

    assert Session.objects.count() == 0
    assert me(phone) == 401
