import getpass
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from authentication.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


def test_create_user_saves_an_ordinary_user():
    """`create_user` saves an active user without any permissions."""
    user = User.objects.create_user("ada", "ada@example.com", PASSWORD)

    stored = User.objects.get(pk=user.pk)
    assert (stored.username, stored.email) == ("ada", "ada@example.com")
    assert (stored.is_active, stored.is_staff, stored.is_superuser) == (True, False, False)


def test_create_user_hashes_the_password():
    """`create_user` stores a hash of the password, and never the password."""
    user = User.objects.create_user("ada", "ada@example.com", PASSWORD)

    assert PASSWORD not in user.password
    assert user.check_password(PASSWORD)


def test_a_user_without_a_password_cannot_log_in():
    """Without a password, `create_user` stores a hash that no password matches."""
    user = User.objects.create_user("ada", "ada@example.com")

    assert not user.has_usable_password()


def test_create_user_passes_other_fields_on():
    """`create_user` passes all other fields on to the user."""
    user = User.objects.create_user("ada", "ada@example.com", PASSWORD, is_active=False)

    assert user.is_active is False


def test_create_superuser_saves_a_user_with_all_rights():
    """`create_superuser` saves a user with all permissions, who can log in to the admin."""
    user = User.objects.create_superuser("root", "root@example.com", PASSWORD)

    stored = User.objects.get(pk=user.pk)
    assert (stored.is_active, stored.is_staff, stored.is_superuser) == (True, True, True)
    assert stored.check_password(PASSWORD)


def test_a_user_needs_a_username_and_an_email():
    """A call without username or email raises a ValueError that names the missing value."""
    for username, email, message in [
        ("", "ada@example.com", "The given username must be set"),
        ("ada", "  ", "The given email must be set"),
        ("ada", None, "The given email must be set"),
    ]:
        with pytest.raises(ValueError, match=f"^{message}$"):
            User.objects.create_user(username, email, PASSWORD)

    assert User.objects.count() == 0


def test_a_superuser_is_staff_and_superuser():
    """A superuser without `is_staff` or `is_superuser` raises a ValueError."""
    for flag in ["is_staff", "is_superuser"]:
        with pytest.raises(ValueError, match=f"^Superuser must have {flag}=True.$"):
            User.objects.create_superuser("root", "root@example.com", PASSWORD, **{flag: False})

    assert User.objects.count() == 0


@pytest.mark.parametrize(
    "typed",
    ["Ada@EXAMPLE.com", "  Ada@example.com ", "Ada@\uff45xample.com"],
    ids=["upper-case domain", "spaces around", "full-width letter"],
)
def test_an_email_is_normalized(typed):
    """An email is stored in one spelling, and found by every other spelling.

    `normalize_email` returns the spelling. `_create_user` and `get_by_natural_key` call it.
    """
    user = User.objects.create_user("ada", typed, PASSWORD)

    assert user.email == "Ada@example.com"
    assert User.objects.get_by_natural_key(typed) == user
    assert User.objects.get_by_natural_key("Ada@EXAMPLE.COM") == user


def test_a_long_email_is_not_normalized():
    """A text that is too long for an email stays as it is: normalizing it can take seconds."""
    assert User.objects.normalize_email("ﬁ" * 254) == "fi" * 254
    assert User.objects.normalize_email("ﬁ" * 255) == "ﬁ" * 255


def test_normalize_email_is_a_class_method():
    """`normalize_email` is a class method, like Django's, so code can call it on the class."""
    assert type(User.objects).normalize_email(" Ada@EXAMPLE.com") == "Ada@example.com"


def test_a_username_is_normalized():
    """Different characters for the same letters are stored as one: `ﬁ` becomes `fi` (NFKC)."""
    user = User.objects.create_user("ﬁona", "fiona@example.com", PASSWORD)

    assert user.username == "fiona"


def test_forms_normalize_email_and_username():
    """`full_clean`, which every form calls, uses the same spellings as `create_user`."""
    user = User(username="ﬁona", email="Fiona@EXAMPLE.com", password="!")
    user.full_clean()

    assert (user.username, user.email) == ("fiona", "Fiona@example.com")


def test_a_data_migration_can_create_a_user():
    """A migration can create a user with `objects`.

    `use_in_migrations = True` adds the manager to migration 0002. The model there has our fields
    but none of our methods, so the manager can't call them.
    """
    state = MigrationLoader(connection).project_state()
    historical_user = state.apps.get_model("authentication", "User")
    historical_user.objects.create_user("ada", "ada@EXAMPLE.com", PASSWORD)

    assert User.objects.get(email="ada@example.com").check_password(PASSWORD)


class Terminal(io.StringIO):
    """A standard input that `createsuperuser` takes for a terminal, so it asks questions."""

    def isatty(self):
        return True


def test_createsuperuser_asks_for_email_username_and_password(monkeypatch):
    """`createsuperuser` asks for email, username and password, and saves a superuser."""
    answers = {"Email: ": "root@EXAMPLE.com", "Username: ": "root"}
    monkeypatch.setattr("builtins.input", answers.pop)
    monkeypatch.setattr(getpass, "getpass", lambda *prompt: PASSWORD)

    call_command("createsuperuser", stdin=Terminal(), stdout=io.StringIO())

    user = User.objects.get(email="root@example.com")
    assert answers == {}
    assert (user.username, user.is_superuser) == ("root", True)
    assert user.check_password(PASSWORD)


def test_createsuperuser_works_without_questions(monkeypatch):
    """`createsuperuser --noinput` takes the password from the environment."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command(
        "createsuperuser", "--noinput", email="root@example.com", username="root", verbosity=0
    )

    user = User.objects.get(email="root@example.com")
    assert user.is_superuser
    assert user.check_password(PASSWORD)


def test_createsuperuser_rejects_a_taken_email(monkeypatch):
    """`createsuperuser` says that an email is taken, even in another spelling."""
    User.objects.create_user("ada", "ada@example.com", PASSWORD)
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    with pytest.raises(CommandError, match="That email is already taken."):
        call_command("createsuperuser", "--noinput", email="ada@EXAMPLE.com", username="other")
