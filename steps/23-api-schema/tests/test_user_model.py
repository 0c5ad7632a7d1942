import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone

from authentication.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    user = User(username="ada", email="ada@example.com")
    user.set_password("correct horse battery staple")
    user.save()
    return user


def test_the_project_uses_our_user():
    """`AUTH_USER_MODEL` names our own model, not Django's."""
    assert User._meta.label == "authentication.User"
    assert get_user_model() is User


def test_the_migrations_match_the_model():
    """Every change of the model is in a migration.

    Run `python manage.py makemigrations authentication`.
    """
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_a_user_logs_in_with_the_email():
    """`USERNAME_FIELD` is the email, because users log in with it."""
    assert User.USERNAME_FIELD == "email"
    assert User.EMAIL_FIELD == "email"


def test_a_superuser_is_asked_for_a_username_too():
    """`REQUIRED_FIELDS` makes `createsuperuser` ask for a username."""
    assert list(User.REQUIRED_FIELDS) == ["username"]


def test_a_user_is_saved_and_found_again(user):
    """A user that was saved can be fetched by email, with the username it was given."""
    assert User.objects.get(email="ada@example.com").username == "ada"


def test_a_new_user_is_active_and_not_staff(user):
    """A new user can log in, but not to the admin."""
    assert user.is_active is True
    assert user.is_staff is False
    assert user.is_superuser is False


def test_date_joined_is_set():
    """`date_joined` is the time at which the user was created, with a time zone."""
    before = timezone.now()
    user = User(username="ada", email="ada@example.com")

    assert before <= user.date_joined <= timezone.now()


def test_the_password_is_stored_as_a_hash(user):
    """The database stores a hash of the password, which matches only the right password."""
    stored = User.objects.get(pk=user.pk)

    assert "correct horse" not in stored.password
    assert stored.check_password("correct horse battery staple")
    assert not stored.check_password("wrong")


def test_str_returns_the_username(user):
    """`str(user)` is the username, which the shell and the admin show."""
    assert str(user) == "ada"


def test_the_full_and_the_short_name_are_the_username(user):
    """We store no real names, so both methods return the username."""
    assert user.get_full_name() == "ada"
    assert user.get_short_name() == "ada"


def test_two_users_cannot_share_an_email(user):
    """The database rejects a second user with the same email."""
    with pytest.raises(IntegrityError, match="email"):
        User(username="other", email="ada@example.com").save()


def test_two_users_cannot_share_a_username(user):
    """The database rejects a second user with the same username."""
    with pytest.raises(IntegrityError, match="username"):
        User(username="ada", email="other@example.com").save()


def test_a_username_with_a_forbidden_character_is_rejected():
    """A username has at most 255 characters: only letters, digits and @ . + - _.

    Put Django's `UnicodeUsernameValidator` into the field's `validators`.
    """
    for username in ["two words", "a" * 256]:
        user = User(username=username, email="ada@example.com", password="!")

        with pytest.raises(ValidationError) as caught:
            user.full_clean()

        assert list(caught.value.error_dict) == ["username"]


def test_the_email_must_be_a_valid_email_address():
    """A value that is not a valid email address is rejected."""
    for email in ["", "ada@"]:
        user = User(username="ada", email=email, password="!")

        with pytest.raises(ValidationError) as caught:
            user.full_clean()

        assert list(caught.value.error_dict) == ["email"]


def test_a_user_can_be_given_permissions(user):
    """`PermissionsMixin` adds groups and permissions, which the admin needs."""
    assert not user.has_perm("authentication.view_user")

    user.is_superuser = True

    assert user.has_perm("authentication.view_user")
