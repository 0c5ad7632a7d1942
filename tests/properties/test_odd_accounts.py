"""Emails, usernames, passwords and links that the stages' own suites leave out: two or three examples suffice."""

import json
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from authentication.links import CHANGE_EMAIL, RESET_PASSWORD, make_link, make_registration_link
from authentication.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
DEAD_LINK = {"token": ["The link is wrong, or used, or too old. Ask for another."]}
NO_EMAIL = ["", "ada", "ada@", "@", "@example.com", "a@b@c", "a@b@example.com", "ada@example.com,x@example.com"]
NO_EMAIL += ["ada@example.com\nBcc: x@example.com", "x" * 250 + "@example.com", ["ada@example.com"], {"a": 1}, True]
# Each would be delivered to another email address, or to one with several spellings.
UNREACHABLE = ["ada@stra\u00dfe.example", "\u0131da@example.com", "ada@xn--bcher-kva.example"]
SECOND_SPELLINGS = [r'"a\da"@example.com', '"ada"@example.com', "=?utf-8?q?ada?=@example.com"]
SPELLINGS = ["ada@example.com", "ADA@example.com", " ada@example.com ", " Ada@EXAMPLE.com", "ada@\uff45xample.com"]
NO_USERNAME = ["", "two words", "<b>ada</b>", "ada\u202e", "ada@example.com", "@ada", "ada\uff20example.com"]
NO_USERNAME += ["a" * 256, "\ufdfa" * 20, "ada\0", "ada\ud800", None, True, [], {"a": 1}]


@pytest.fixture
def user():
    return User.objects.create_user("ada", "ada@example.com", PASSWORD)


@pytest.fixture
def send(django_capture_on_commit_callbacks):
    """Sends JSON to the API, and then the emails that it has queued."""

    def send(path, data):
        with django_capture_on_commit_callbacks(execute=True):
            return Client().post(f"/api/{path}", json.dumps(data), content_type="application/json")

    return send


def token(link):
    return link.partition("#token=")[2]


def details(**changes):
    """Returns the body that completes a registration with a link, with changes."""
    data = {"token": token(make_registration_link("ada@example.com")), "username": "ada", "password": PASSWORD}
    return {name: value for name, value in (data | changes).items() if value is not ...}


@pytest.mark.parametrize("path", ["registration", "password/reset"])
@pytest.mark.parametrize("email", [..., None, *NO_EMAIL, *SECOND_SPELLINGS, *UNREACHABLE], ids=ascii)
def test_what_is_not_an_email_address_gets_no_email(send, path, email):
    """The response is a 400 that names the field, and no email is sent."""
    answer = send(path, {} if email is ... else {"email": email})

    assert (answer.status_code, list(answer.json()), mail.outbox) == (400, ["email"], [])


@pytest.mark.parametrize("email", [email for email in NO_EMAIL + SECOND_SPELLINGS if isinstance(email, str)], ids=ascii)
def test_the_model_rejects_the_same_emails(email):
    """`full_clean` of the model names the field."""
    with pytest.raises(ValidationError) as caught:
        User(username="other", email=email, password="!").full_clean()

    assert list(caught.value.error_dict) == ["email"]


@pytest.mark.parametrize("username", NO_USERNAME, ids=ascii)
def test_an_invalid_username_does_not_use_up_the_link(send, username):
    """The response is a 400 that names the field. Then the same link works."""
    answer = send("registration/confirm", details(username=username))

    assert (answer.status_code, list(answer.json())) == (400, ["username"])
    assert send("registration/confirm", details()).status_code == 201


@pytest.mark.parametrize(
    "password",
    [
        ...,
        None,
        "",
        "x7#kQ",
        "password",
        "84625173940",
        " " * 9,
        "\u3000\u200b" * 9,
        "ada@example.com",
        "x" * 4097,
        {"a": 1},
        True,
        [],
        "x\0" * 9,
        "x\ud800" * 9,
    ],
    ids=ascii,
)
def test_an_invalid_password_does_not_use_up_the_link(send, password):
    """The response is a 400 that names the field. Then the same link works."""
    answer = send("registration/confirm", details(password=password))

    assert (answer.status_code, list(answer.json())) == (400, ["password"])
    assert send("registration/confirm", details()).status_code == 201


@pytest.mark.parametrize("username", ["fiona", "FIONA", "\ufb01ona"], ids=ascii)
def test_a_taken_username_is_rejected_in_any_spelling(send, username):
    """A username that differs only in its spelling is taken too."""
    User.objects.create_user("fiona", "fiona@example.com", PASSWORD)
    answer = send("registration/confirm", details(username=username))

    assert (answer.status_code, answer.json()) == (400, {"username": ["This username is already taken."]})


@pytest.mark.parametrize("email", SPELLINGS, ids=ascii)
def test_an_email_is_found_in_any_spelling(send, user, email):
    """Every spelling logs in. A registration or reset with any spelling sends its email to the owner."""
    assert send("login", {"email": email, "password": PASSWORD}).status_code == 200
    assert send("registration", {"email": email}).status_code == 202
    assert send("password/reset", {"email": email}).status_code == 202
    assert [(message.subject, message.to) for message in mail.outbox] == [
        ("You have an account already", ["ada@example.com"]),
        ("Reset your password", ["ada@example.com"]),
    ]
    assert send("registration/confirm", details(username="other")).json() == DEAD_LINK


@pytest.mark.parametrize("stored", ["ada@example.com", "ADA@example.com", "aDa@example.com"])
@pytest.mark.parametrize("active", [True, False])
def test_a_link_to_register_is_dead_once_its_email_has_an_account(send, stored, active):
    """However the account was created, and in whatever case its email is stored."""
    data = details(username="other")
    User.objects.create_user("ada", stored, PASSWORD, is_active=active)

    assert send("registration/confirm", data).json() == DEAD_LINK


@pytest.mark.parametrize(
    ("email", "username", "error"),
    [
        ("ADA@example.com", "x", "That email is already taken."),
        ("x@example.com", "ada", "User with this Username already exists."),
        ("x@example.com", "ADA", "This username is already taken."),
        ("x@example.com", "a@b", "A username cannot contain @"),
        ('"x"@example.com', "x", "Enter an email without quotation marks"),
    ],
)
def test_createsuperuser_has_the_same_rules(user, monkeypatch, email, username, error):
    """The command prints the rule, and creates no user."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match=error):
        call_command("createsuperuser", "--noinput", email=email, username=username)

    assert User.objects.get() == user


@pytest.mark.parametrize("name", ["", None])
@pytest.mark.parametrize("field", ["username", "email"])
def test_create_user_needs_a_username_and_an_email(field, name):
    """A missing value is a programming error, so a ValueError names the field."""
    with pytest.raises(ValueError, match=f"^The given {field} must be set$"):
        User.objects.create_user(**{"username": "ada", "email": "ada@example.com", "password": PASSWORD, field: name})


def by_update(user, **values):
    User.objects.filter(pk=user.pk).update(**values)


def by_save(user, **values):
    for name, value in values.items():
        setattr(user, name, value)
    user.save()


def by_save_of_fields(user, **values):
    for name, value in values.items():
        setattr(user, name, value)
    user.save(update_fields=list(values))


def by_a_link(user, email):
    data = {"token": token(make_link(CHANGE_EMAIL, User.objects.get(), email))}
    assert Client().post("/api/email/confirm", data, content_type="application/json").status_code == 204


def in_the_admin(user, **values):
    root = User.objects.create_superuser(uuid4().hex, f"{uuid4().hex}@example.com", PASSWORD)
    client = Client()
    client.force_login(root)
    data = {"email": user.email, "username": user.username, "is_active": True} | values
    data = {name: value for name, value in data.items() if value is not False}
    client.post(f"/admin/authentication/user/{user.pk}/change/", data)
    root.delete()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (change, field)
        for change in (by_update, by_save, by_save_of_fields, in_the_admin)
        for field in ("email", "is_active")
    ]
    + [(by_a_link, "email")],
)
def test_a_link_stays_dead_when_a_change_is_undone(send, user, change, field):
    """Links stay dead if the email is changed back, or if the account is activated again."""
    there, back = {"email": ("new@example.com", "ada@example.com"), "is_active": (False, True)}[field]
    reset = token(make_link(RESET_PASSWORD, user))
    change(user, **{field: there})
    change(user, **{field: back})

    assert User.objects.filter(email="ada@example.com", is_active=True).exists()
    answer = send("password/confirm", {"token": reset, "new_password": "another good one"})
    assert (answer.status_code, answer.json()) == (400, DEAD_LINK)
