import json
import re
import uuid

import pytest
from django.core import mail
from django.db import models
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from authentication import owners
from authentication.models import Session, User
from authentication.serializers import UserSerializer
from authentication.tokens import read_token

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


def test_the_owner_is_found_with_one_query(user, token, django_assert_num_queries):
    """One query finds the user and the session of a token. A forged token costs no query."""
    stored = user.sessions.get()

    with django_assert_num_queries(1):
        found, session = owners.find_owner(token)
        assert (found.pk, found.email, found.username) == (user.pk, "ada@example.com", "ada")
        assert session.user is found

    assert (found, session) == (user, stored)
    with django_assert_num_queries(0):
        with pytest.raises(AuthenticationFailed):
            owners.find_owner(token[:-6] + "AAAAAA")


def test_the_query_names_the_tables_and_columns_of_the_models():
    """The query is text, so Django does not check its names. This test does.

    Compare `OWNER` with `User._meta.db_table` and with the columns of the two models. The
    columns must be in the order of the model, in which `from_db` takes them.
    """
    tables = dict(re.findall(r"(?:FROM|JOIN) (\w+) AS (\w+)", owners.OWNER))
    assert tables == {User._meta.db_table: "users", Session._meta.db_table: "sessions"}

    for model, alias in [(User, "users"), (Session, "sessions")]:
        named = set(re.findall(rf"\b{alias}\.(\w+)", owners.OWNER))
        assert named <= {field.column for field in model._meta.concrete_fields}

    in_order = [field.attname for field in User._meta.concrete_fields]
    assert owners.COLUMNS == [name for name in in_order if name in owners.COLUMNS]


def test_every_column_has_the_value_of_the_model(user, token):
    """The user has the same values as one that Django loads, also the times and the flags.

    SQLite returns a time without a time zone. Django adds UTC, and so must `find_owner`.
    """
    User.objects.filter(pk=user.pk).update(email_verified_at=timezone.now())
    stored = User.objects.get(pk=user.pk)
    found, _ = owners.find_owner(token)

    for name in owners.COLUMNS:
        assert getattr(found, name) == getattr(stored, name)
    assert found.is_active is True


def test_the_session_is_the_stored_one(user, token):
    """The session's other fields come from its row, and it can be deleted.

    `Session(pk=…)` has a new `refresh_id` and the time of now. `Session.from_db` loads them.
    """
    stored = user.sessions.get()
    _, session = owners.find_owner(token)

    assert (session.created_at, session.refresh_id) == (stored.created_at, stored.refresh_id)
    session.delete()
    assert Session.objects.count() == 0


def test_the_fields_of_a_user_are_copied_once(client, token, monkeypatch):
    """Two responses of `/api/me` use the same serializer, so its fields are copied at most once."""
    copied = []
    get_fields = UserSerializer.get_fields
    monkeypatch.setattr(
        UserSerializer, "get_fields", lambda self: copied.append(1) or get_fields(self)
    )

    for _ in range(2):
        response = client.get("/api/me", headers={"Authorization": f"Bearer {token}"})
        assert response.json()["email"] == "ada@example.com"

    assert len(copied) <= 1


@pytest.mark.parametrize("sid", [5, None, "ada", "\0", "{{{pk}}}", "urn:uuid:{pk}", "{other}"])
def test_only_the_issued_spelling_of_a_session_id_is_accepted(user, forge, sid):
    """Any other value of `sid` is rejected with a 401, on every database."""
    text = isinstance(sid, str)
    pk = user.sessions.get().pk

    with pytest.raises(AuthenticationFailed) as caught:
        owners.find_owner(forge(sid=sid.format(pk=pk, other=uuid.uuid4()) if text else sid))

    assert caught.value.detail == {"detail": "The token is invalid.", "code": "token_invalid"}


def test_a_broken_key_is_not_the_fault_of_the_token(token, settings, tmp_path):
    """A file in the folder of the keys that is not a key is an error, and not a 401.

    Clients delete their tokens after a 401, so one wrong file would log everybody out.
    """
    settings.JWT_KEYS_DIR = tmp_path
    (tmp_path / "broken.pem").write_text("not a key")

    with pytest.raises(ValueError):
        owners.find_owner(token)


def test_the_columns_are_enough_for_every_view(post, user, token_for, mail_to, monkeypatch):
    """No view loads a column of the user later: the user could be deleted by then.

    Django loads a missing column with `refresh_from_db`. `OWNER` selects all that views need.
    """
    token = token_for(user)
    assert read_token(token)["sub"] == str(owners.find_owner(token)[0].pk)

    def fail(model, *args, fields=None, **kwargs):
        raise AssertionError(f"{fields} are not in OWNER")

    monkeypatch.setattr(models.Model, "refresh_from_db", fail)
    new = {"email": "grace@example.com", "password": PASSWORD}
    change = {"password": PASSWORD, "new_password": "another good one"}

    assert post("email/resend", {}, token).status_code == 202
    assert post("email/change", new, token).status_code == 202
    mail_to("grace@example.com")
    changed = post("password/change", change, token)
    assert changed.status_code == 200
    assert json.loads(changed.content)["token_type"] == "Bearer"
    delete = {"password": "another good one"}
    assert post("me/delete", delete, changed.json()["access_token"]).status_code == 204
    assert [message.to for message in mail.outbox][-1] == ["ada@example.com"]
