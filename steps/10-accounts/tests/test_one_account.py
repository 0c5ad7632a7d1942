import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from authentication.models import User
from authentication.serializers import LoginSerializer, RegistrationSerializer

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
BEFORE = "0002_alter_user_managers"


def save_all(*users):
    """Write users into the table as they are, as a script might do."""
    User.objects.bulk_create(
        User(username=username, email=email, password="!") for username, email in users
    )


def test_the_database_ignores_case(user):
    """The database rejects a user who differs from another only in upper and lower case."""
    for username, email, constraint in [
        ("other", "ADA@example.com", "one_account_per_email"),
        ("ADA", "other@example.com", "one_account_per_username"),
    ]:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            save_all((username, email))

    assert User.objects.get() == user


def test_an_email_is_stored_as_it_was_typed():
    """The part before the @ keeps its capital letters."""
    user = User.objects.create_user("Ada", "Ada@example.com", PASSWORD)

    assert (user.username, user.email) == ("Ada", "Ada@example.com")
    assert User.objects.get_by_natural_key("aDA@example.com") == user


def test_a_login_ignores_case(rf):
    """A user can log in with the email in upper or lower case."""
    User.objects.create_user("Ada", "Ada@example.com", PASSWORD)
    data = {"email": "aDA@EXAMPLE.com", "password": PASSWORD}

    assert LoginSerializer(data=data, context={"request": rf.post("/")}).is_valid()


def test_a_dotted_capital_i_is_stored_as_a_capital_i():
    """Databases disagree about the lower case of the Turkish İ, so it is stored as I."""
    user = User.objects.create_user("ida", "İda@example.com", PASSWORD)

    assert user.email == "Ida@example.com"
    assert User.objects.get_by_natural_key("İDA@example.com") == user
    assert User.objects.get_by_natural_key("ida@example.com") == user


def test_a_registration_ignores_case(user):
    """A taken email or username is rejected in upper and lower case."""
    data = {"email": "ADA@example.com", "username": "aDA", "password": PASSWORD}
    serializer = RegistrationSerializer(data=data)

    assert not serializer.is_valid()
    assert serializer.errors == {
        "email": ["This email is already taken."],
        "username": ["This username is already taken."],
    }


def test_a_form_ignores_case(user):
    """`full_clean` reports a taken email or username in any case, before the database does."""
    other = User(username="ADA", email="ADA@example.com", password="!")

    with pytest.raises(ValidationError) as caught:
        other.full_clean()

    assert caught.value.messages == [
        "This email is already taken.",
        "This username is already taken.",
    ]


@pytest.mark.parametrize(
    ("email", "username", "error"),
    [
        ("ADA@example.com", "x", "That email is already taken."),
        ("x@example.com", "ADA", "This username is already taken."),
        ("x@example.com", "a@b", "A username cannot contain @"),
    ],
)
def test_createsuperuser_applies_the_rules(user, monkeypatch, email, username, error):
    """`createsuperuser` prints a sentence if a value is taken, in any case, or not allowed."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    with pytest.raises(CommandError, match=error):
        call_command("createsuperuser", "--noinput", email=email, username=username)

    assert User.objects.get() == user


def test_changepassword_finds_an_email_in_any_case(user, monkeypatch):
    """`changepassword ADA@EXAMPLE.COM` sets Ada's password. An unknown email prints a sentence."""
    monkeypatch.setattr("getpass.getpass", lambda prompt: "another long password")
    call_command("changepassword", "ADA@EXAMPLE.COM", stdout=io.StringIO())

    user.refresh_from_db()
    assert user.check_password("another long password")

    with pytest.raises(CommandError, match="user 'eve@example.com' does not exist"):
        call_command("changepassword", "eve@example.com")


def test_a_second_spelling_of_an_email_is_rejected():
    """`"a\\da"@example.com` is another spelling of Ada's email, so it is rejected.

    A mail server removes the quotation marks, and Python decodes what begins with `=?`.
    `RegexValidator` rejects both.
    """
    for email in [r'"a\da"@example.com', "=?utf-8?q?ada?=@example.com"]:
        serializer = RegistrationSerializer(
            data={"email": email, "username": "other", "password": PASSWORD}
        )
        other = User(username="other", email=email, password="!")

        assert not serializer.is_valid()
        assert serializer.errors == {
            "email": ["Enter an email without quotation marks and without =?."]
        }
        with pytest.raises(ValidationError, match="Enter an email without quotation marks"):
            other.full_clean()


def test_an_old_account_with_a_quoted_email_can_log_in(rf):
    """A login doesn't check the form of the email, so older accounts can still log in."""
    ada = User.objects.create_user("ada", '"ada"@example.com', PASSWORD)

    with pytest.raises(ValidationError, match="without quotation marks"):
        ada.full_clean()

    data = {"email": '"ada"@example.com', "password": PASSWORD}

    assert LoginSerializer(data=data, context={"request": rf.post("/")}).is_valid()


def test_a_username_with_an_at_sign_is_rejected():
    """A username with an @ could be mistaken for another user's email, so it is rejected."""
    message = "A username cannot contain @: it could be taken for somebody's email."
    for username in ["@ada", "ada\uff20example.com"]:
        data = {"email": "grace@example.com", "username": username, "password": PASSWORD}
        serializer = RegistrationSerializer(data=data)

        assert not serializer.is_valid()
        assert serializer.errors == {"username": [message]}
        with pytest.raises(ValidationError) as caught:
            User(username=username, email="grace@example.com", password="!").full_clean()
        assert list(caught.value.message_dict) == ["username"]


@pytest.mark.django_db(transaction=True)
def test_duplicates_stop_the_migration_and_are_named():
    """If there are duplicates, `migrate` names them, says what to do and changes nothing."""
    call_command("migrate", "authentication", BEFORE, verbosity=0)
    users = [("ada", "ada@example.com"), ("countess", "Ada@example.com"), ("Ada", "a@example.com")]
    save_all(*users)
    first, second, third = User.objects.order_by("pk").values_list("pk", flat=True)

    with pytest.raises(CommandError) as caught:
        call_command("migrate", verbosity=0)

    assert str(caught.value) == (
        "These users differ only in upper and lower case:\n"
        f"  email: ada@example.com (id {first}), Ada@example.com (id {second})\n"
        f"  username: ada (id {first}), Ada (id {third})\n"
        "Nothing was changed. Change the email or username of all but one of them, "
        "in the admin or in `python manage.py shell`, and run migrate again."
    )
    assert list(User.objects.order_by("pk").values_list("username", "email")) == users

    User.objects.filter(pk=second).update(email="countess@example.com")
    User.objects.filter(pk=third).update(username="lovelace")
    call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, User._meta.db_table)
    assert {"one_account_per_email", "one_account_per_username"} <= set(constraints)
    assert User.objects.count() == 3
