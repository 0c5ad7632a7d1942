import threading

import pytest
from django.contrib.admin import site
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.db.models.signals import pre_save
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIClient, APIRequestFactory

from authentication.models import Session, User
from authentication.sessions import start_session

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another good one"

# The statement that makes a connection report a lock at once instead of waiting for it.
DO_NOT_WAIT = {"sqlite": "PRAGMA busy_timeout = 0", "postgresql": "SET lock_timeout = '1ms'"}


def client_with(token):
    return APIClient(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def phone(token):
    """A client of Ada's that has logged in."""
    return client_with(token)


@pytest.fixture
def laptop(user, token_for):
    """A second client of Ada's."""
    return client_with(token_for(user))


@pytest.fixture
def other(db):
    return User.objects.create_user("grace", "grace@example.com", PASSWORD)


def me(client):
    return client.get("/api/me").status_code


def test_a_new_password_ends_all_sessions(user, phone, laptop):
    """A stolen token stops working when the password changes."""
    user.set_password(NEW_PASSWORD)
    user.save()

    assert (me(phone), me(laptop)) == (401, 401)


def test_a_new_password_in_the_admin_ends_all_sessions(user, phone, admin_client):
    """Setting a password in the admin ends the sessions of that user, and no others."""
    admin = Session.objects.create(user=User.objects.get(username="root"))
    new = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    admin_client.post(f"/admin/authentication/user/{user.pk}/password/", new)

    assert me(phone) == 401
    assert Session.objects.get() == admin


def test_disabling_a_password_ends_all_sessions(user, phone, admin_client):
    """A user whose password is disabled in the admin loses all sessions."""
    taken = {"usable_password": "false", "unset-password": "Disable"}
    admin_client.post(f"/admin/authentication/user/{user.pk}/password/", taken)

    assert not User.objects.get(pk=user.pk).has_usable_password()
    assert me(phone) == 401
    assert list(user.sessions.all()) == []


def test_other_changes_of_a_user_end_no_session(user, phone):
    """A new username ends no session, and a new password ends all of them."""
    user.username = "countess"
    user.save()
    assert me(phone) == 200

    user.set_password(NEW_PASSWORD)
    user.save()
    assert me(phone) == 401


def test_a_hash_upgrade_ends_no_session(user, phone, settings):
    """If a login upgrades the hash of a password, other devices stay logged in.

    A new password changes the hash, too, but it ends their sessions.
    """
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    PBKDF2PasswordHasher.iterations, before = 1, PBKDF2PasswordHasher.iterations
    login = {"email": "ada@example.com", "password": PASSWORD}
    assert APIClient().post("/api/login", login, format="json").status_code == 200
    PBKDF2PasswordHasher.iterations = before

    user.refresh_from_db()
    assert user.password.startswith("pbkdf2_sha256$1$")
    assert me(phone) == 200

    user.set_password(NEW_PASSWORD)
    user.save()
    assert me(phone) == 401


def test_a_hash_upgrade_does_not_restore_an_old_password(user, settings, monkeypatch):
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


def test_a_deactivation_ends_all_sessions(user, phone):
    """A user who was deactivated and then activated has to log in again."""
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
def test_a_bulk_deactivation_ends_all_sessions(user, phone, other, token_for, change):
    """`update` and `bulk_update` do not call `save`, but they end sessions, too.

    An admin action changes all selected users in this way.
    """
    grace = client_with(token_for(other))
    change(user, is_active=False)
    change(user, is_active=True)

    assert User.objects.get(pk=user.pk).is_active
    assert (me(phone), me(grace)) == (401, 200)


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


def test_a_login_fails_if_the_password_changes_meanwhile(user):
    """If the password changes during a login, the login gets no session."""
    checked = User.objects.get()
    user.set_password(NEW_PASSWORD)
    user.save()

    with pytest.raises(AuthenticationFailed) as caught:
        start_session(checked, APIRequestFactory().post("/"))

    assert caught.value.detail["code"] == "wrong_credentials"
    assert Session.objects.count() == 0


def test_a_login_fails_if_the_user_is_deactivated_meanwhile(user):
    """A user who is deactivated during a login gets no session."""
    checked = User.objects.get()
    User.objects.update(is_active=False)

    with pytest.raises(AuthenticationFailed):
        start_session(checked, APIRequestFactory().post("/"))

    assert Session.objects.count() == 0


def test_the_user_is_locked_before_a_session_starts(user):
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
