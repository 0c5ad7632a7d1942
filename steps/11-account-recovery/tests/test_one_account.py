import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from rest_framework.exceptions import ValidationError as RefusedByTheAPI

from authentication.models import User
from authentication.serializers import LoginSerializer, RegistrationSerializer

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
BEFORE = "0002_alter_user_managers"


def save_all(*users, model=User):
    """Write users into the table as they are, as a script might do."""
    model.objects.bulk_create(
        model(username=username, email=email, password="!") for username, email in users
    )


def refused(email, username):
    """Why nobody can register with these."""
    data = {"username": username, "password": PASSWORD}
    serializer = RegistrationSerializer(data=data, context={"email": email})
    if serializer.is_valid():
        with pytest.raises(RefusedByTheAPI) as caught:
            serializer.save()
        return caught.value.detail
    return serializer.errors


@pytest.mark.parametrize(
    ("username", "email", "constraint"),
    [
        ("other", "ADA@example.com", "one_account_per_email"),
        ("ADA", "other@example.com", "one_account_per_username"),
    ],
)
def test_the_database_knows_no_case(user, username, email, constraint):
    """Whoever writes into the table, two users never differ in upper and lower case only."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        save_all((username, email))

    assert User.objects.get() == user


def test_an_email_is_stored_as_it_was_typed():
    """Case is for reading: what was typed before the @ is kept."""
    user = User.objects.create_user("Ada", "Ada@example.com", PASSWORD)

    assert (user.username, user.email) == ("Ada", "Ada@example.com")
    assert User.objects.get_by_natural_key("aDA@example.com") == user


def test_a_login_knows_no_case(rf):
    """An email logs in in upper and lower case alike."""
    User.objects.create_user("Ada", "Ada@example.com", PASSWORD)
    data = {"email": "aDA@EXAMPLE.com", "password": PASSWORD}

    assert LoginSerializer(data=data, context={"request": rf.post("/")}).is_valid()


def test_a_registration_knows_no_case(user):
    """An email and a username that are taken are taken in every case."""
    assert refused("ADA@example.com", "other") == {
        "token": ["The link is wrong, or used, or too old. Ask for another."]
    }
    assert refused("other@example.com", "aDA") == {"username": ["This username is already taken."]}


def test_a_form_knows_no_case(user):
    """A form says what is taken, by `full_clean`, before the database has to."""
    other = User(username="ADA", email="ADA@example.com", password="!")

    with pytest.raises(ValidationError) as caught:
        other.full_clean()

    assert caught.value.messages == [
        "This email is already taken.",
        "This username is already taken.",
    ]


def test_createsuperuser_knows_no_case(user, monkeypatch):
    """`createsuperuser` says that an email is taken, in whatever case it comes."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    with pytest.raises(CommandError, match="That email is already taken."):
        call_command("createsuperuser", "--noinput", email="ADA@example.com", username="x")


@pytest.mark.parametrize(
    "username", ["ada@example.com", "ada@home", "@ada", "ada\uff20example.com"]
)
def test_a_username_does_not_look_like_an_email(username):
    """A username with an @ in it could pass for somebody's email, and is refused."""
    message = "A username cannot contain @: it could be taken for somebody's email."

    assert refused("grace@example.com", username) == {"username": [message]}
    with pytest.raises(ValidationError) as caught:
        User(username=username, email="grace@example.com", password="!").full_clean()
    assert list(caught.value.message_dict) == ["username"]


@pytest.mark.django_db(transaction=True)
def test_duplicates_stop_the_migration_and_are_named():
    """Where there are two already, `migrate` names them, says what to do and changes nothing."""
    call_command("migrate", "authentication", BEFORE, verbosity=0)
    state = MigrationExecutor(connection).loader.project_state(("authentication", BEFORE))
    users = [("ada", "ada@example.com"), ("countess", "Ada@example.com"), ("Ada", "a@example.com")]
    save_all(*users, model=state.apps.get_model("authentication", "User"))
    first, second, third = User.objects.order_by("pk").values_list("pk", flat=True)

    with pytest.raises(CommandError) as caught:
        call_command("migrate", verbosity=0)

    assert str(caught.value) == (
        "These users differ only in upper and lower case:\n"
        f"  email: ada@example.com (id {first}), Ada@example.com (id {second})\n"
        f"  username: ada (id {first}), Ada (id {third})\n"
        "Nothing was changed. Give all but one of each another email or username, "
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
