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
    """`create_user` saves an active user without any rights."""
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
    """Without a password, `create_user` stores one that never matches."""
    user = User.objects.create_user("ada", "ada@example.com")

    assert not user.has_usable_password()


def test_create_user_passes_other_fields_on():
    """What else `create_user` is given ends up in the user."""
    user = User.objects.create_user("ada", "ada@example.com", PASSWORD, is_active=False)

    assert user.is_active is False


def test_create_superuser_saves_a_user_with_all_rights():
    """`create_superuser` saves a user who may enter the admin and do everything."""
    user = User.objects.create_superuser("root", "root@example.com", PASSWORD)

    stored = User.objects.get(pk=user.pk)
    assert (stored.is_active, stored.is_staff, stored.is_superuser) == (True, True, True)
    assert stored.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("username", "email", "message"),
    [
        ("", "ada@example.com", "The given username must be set"),
        (None, "ada@example.com", "The given username must be set"),
        ("ada", "", "The given email must be set"),
        ("ada", "  ", "The given email must be set"),
        ("ada", None, "The given email must be set"),
    ],
)
def test_a_user_needs_a_username_and_an_email(username, email, message):
    """A call without username or email is a programmer's mistake: a ValueError says which."""
    with pytest.raises(ValueError, match=f"^{message}$"):
        User.objects.create_user(username, email, PASSWORD)

    assert User.objects.count() == 0


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_a_superuser_is_staff_and_superuser(flag):
    """A superuser without `is_staff` or `is_superuser` is a contradiction: a ValueError says so."""
    with pytest.raises(ValueError, match=f"^Superuser must have {flag}=True.$"):
        User.objects.create_superuser("root", "root@example.com", PASSWORD, **{flag: False})

    assert User.objects.count() == 0


@pytest.mark.parametrize(
    "typed",
    ["Ada@EXAMPLE.com", "  Ada@example.com ", "Ada@\uff45xample.com"],
    ids=["upper-case domain", "spaces around", "full-width letter"],
)
def test_an_email_has_one_spelling(typed):
    """However an email is typed, it is stored in one spelling and found by every other.

    `normalize_email` makes the spelling; `_create_user` and `get_by_natural_key` use it.
    """
    user = User.objects.create_user("ada", typed, PASSWORD)

    assert user.email == "Ada@example.com"
    assert User.objects.get_by_natural_key(typed) == user
    assert User.objects.get_by_natural_key("Ada@EXAMPLE.COM") == user


def test_the_spelling_can_be_asked_for_without_a_manager():
    """`normalize_email` is a class method, as the one it replaces: code of others calls it on the class."""
    assert type(User.objects).normalize_email(" Ada@EXAMPLE.com") == "Ada@example.com"


def test_a_username_has_one_spelling():
    """Characters that look alike and mean the same become one: `ﬁ` is `fi` (NFKC)."""
    user = User.objects.create_user("ﬁona", "fiona@example.com", PASSWORD)

    assert user.username == "fiona"


def test_forms_store_the_same_spelling():
    """`full_clean`, which every form calls, uses the same spellings as `create_user`."""
    user = User(username="ﬁona", email="Fiona@EXAMPLE.com", password="!")
    user.full_clean()

    assert (user.username, user.email) == ("fiona", "Fiona@example.com")


def test_a_data_migration_can_create_a_user():
    """A migration sees `objects` too, and can make a user with it.

    `use_in_migrations = True` takes the manager into migration 0002. The model there has fields
    but none of our methods, so the manager may not call any.
    """
    state = MigrationLoader(connection).project_state()
    historical_user = state.apps.get_model("authentication", "User")
    historical_user.objects.create_user("ada", "ada@EXAMPLE.com", PASSWORD)

    assert User.objects.get(email="ada@example.com").check_password(PASSWORD)


class Terminal(io.StringIO):
    """A person at a keyboard, as far as `createsuperuser` can tell."""

    def isatty(self):
        return True


def test_createsuperuser_asks_for_what_it_needs(monkeypatch):
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


def test_createsuperuser_finds_an_email_that_is_taken(monkeypatch):
    """`createsuperuser` says that an email is taken, also in another spelling."""
    User.objects.create_user("ada", "ada@example.com", PASSWORD)
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    with pytest.raises(CommandError, match="That email is already taken."):
        call_command("createsuperuser", "--noinput", email="ada@EXAMPLE.com", username="other")
