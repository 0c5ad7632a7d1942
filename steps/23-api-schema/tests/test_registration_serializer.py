import pytest
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db import connection
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from authentication.models import User
from authentication.serializers import EmailSerializer, RegistrationSerializer

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


DEAD_LINK = {"token": ["The link is wrong, or used, or too old. Ask for another."]}


def registration(email="ada@example.com", **changes):
    """The serializer of a request with a link that was sent to an email."""
    data = {"username": "ada", "password": PASSWORD} | changes
    data = {name: value for name, value in data.items() if value is not ...}
    return RegistrationSerializer(data=data, context={"email": email})


def faulty(field, value):
    """The errors of both serializers for this value of a field."""
    if field != "email":
        return errors(registration(**{field: value}))

    return errors(EmailSerializer(data={} if value is ... else {"email": value}))


def errors(serializer):
    assert not serializer.is_valid()
    return serializer.errors


def save(serializer):
    serializer.is_valid(raise_exception=True)
    return serializer.save()


def refused(serializer):
    with pytest.raises(ValidationError) as caught:
        save(serializer)
    return caught.value.detail


def test_a_registration_creates_a_user():
    """Username and password create an ordinary user, with the email of the link."""
    before = timezone.now()
    user = save(registration())

    stored = User.objects.get(email="ada@example.com")
    assert stored == user
    assert stored.username == "ada"
    assert (stored.is_active, stored.is_staff, stored.is_superuser) == (True, False, False)
    assert stored.check_password(PASSWORD)
    assert before <= stored.email_verified_at <= timezone.now()


def test_three_fields_are_required():
    """Email, username and password are required, and can't be empty."""
    for value, message in [
        (..., "This field is required."),
        (None, "This field may not be null."),
        ("", "This field may not be blank."),
    ]:
        for field in ["email", "username", "password"]:
            assert faulty(field, value) == {field: [message]}


def test_three_fields_must_be_strings():
    """A list, an object or a boolean is rejected as email, username or password."""
    for value in [True, ["ada@example.com"]]:
        assert faulty("email", value) == {"email": ["Enter a valid email address."]}
        assert errors(registration(username=value, password=value)) == {
            "username": ["Not a valid string."],
            "password": ["Not a valid string."],
        }


def test_an_invalid_email_is_rejected():
    """A value that is not a valid email address is rejected."""
    for email in ["ada", "a@b@c"]:
        assert faulty("email", email) == {"email": ["Enter a valid email address."]}


def test_an_email_has_at_most_254_characters():
    """An email that is too long for its column is rejected before it reaches the database."""
    email = f"ada@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.com"

    assert faulty("email", email) == {
        "email": ["Ensure this field has no more than 254 characters."]
    }


def test_a_username_with_a_forbidden_character_is_rejected():
    """The serializer checks the username by the same rule as the model."""
    for username in ["two words", "ada\u202e"]:
        assert errors(registration(username=username)) == {
            "username": [
                "Enter a valid username. This value may contain only letters, numbers, "
                "and @/./+/-/_ characters."
            ]
        }


def test_a_username_has_at_most_255_characters():
    """A username has at most 255 characters, counted after normalization.

    `ﷺ` is one character that becomes 18.
    """
    assert errors(registration(username="a" * 256)) == {
        "username": ["Ensure this field has no more than 255 characters."]
    }
    assert "username" in errors(registration(username="\ufdfa" * 20))


def test_a_long_username_is_not_normalized():
    """A username of 256 characters is rejected, even if normalizing would make it shorter.

    Each `가` is typed as two characters here.
    """
    assert errors(registration(username="\u1100\u1161" * 128)) == {
        "username": ["Ensure this field has no more than 255 characters."]
    }


def test_characters_that_a_database_cannot_store_are_rejected():
    """NUL and half a surrogate pair are rejected."""
    for field in ["email", "username", "password"]:
        assert list(faulty(field, "ada\0@example.com")) == [field]
        assert list(faulty(field, "ada\ud800@example.com")) == [field]


def test_an_email_is_registered_once():
    """A link whose email has an account by now is rejected, in any spelling of the email."""
    save(registration())

    for email in ["ada@EXAMPLE.COM", "ada@\uff45xample.com"]:
        assert refused(registration(email=email, username="other")) == DEAD_LINK


def test_a_taken_username_is_rejected():
    """A taken username is rejected in any spelling."""
    save(registration(username="fiona"))

    for username in ["fiona", "\ufb01ona"]:
        assert refused(registration(email="other@example.com", username=username)) == {
            "username": ["This username is already taken."]
        }


def test_the_second_registration_is_rejected():
    """If two requests use one link or username at once, the second one gets an error, not a crash.

    The database rejects the second row with an IntegrityError. `create` finds out what is taken,
    and raises a ValidationError, which returns 400.
    """
    save(registration())

    assert refused(registration()) == DEAD_LINK
    assert refused(registration(username="other")) == DEAD_LINK
    assert User.objects.count() == 1
    assert connection.needs_rollback is False


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("password", "This password is too common."),
        ("countess@example.com", "The password is too similar to the email."),
        ("ada.lovelace", "The password is too similar to the username."),
        ("\u3000\u200b" * 9, "This password has only spaces."),
    ],
)
def test_a_weak_password_is_rejected(password, message):
    """A new password has to pass `AUTH_PASSWORD_VALIDATORS`.

    `validate_password` needs the user, to compare the password with the email and username.
    """
    serializer = registration(
        email="countess@example.com", username="ada.lovelace", password=password
    )

    assert errors(serializer) == {"password": [message]}


def test_the_rule_about_spaces_has_a_help_text():
    """The admin shows this rule in its list of rules for a new password."""
    assert "Your password can’t have only spaces." in password_validators_help_texts()


def test_spaces_around_a_password_are_kept():
    """Spaces before and after a password are part of it."""
    user = save(registration(password="  two spaces on both sides  "))

    assert user.check_password("  two spaces on both sides  ")
    assert not user.check_password("two spaces on both sides")


def test_a_password_may_be_as_long_as_in_the_admin():
    """A password has at most 4096 characters, as in Django's own forms."""
    assert registration(password="long pass " * 409).is_valid()
    assert errors(registration(password="long pass " * 410)) == {
        "password": ["Ensure this field has no more than 4096 characters."]
    }


def test_nobody_registers_as_an_administrator():
    """Other fields, such as `is_superuser`, are ignored."""
    others = {"id": 7, "is_staff": True, "is_superuser": True, "is_active": False, "token": "x"}
    serializer = RegistrationSerializer(
        data={"email": "other@example.com", "username": "ada", "password": PASSWORD} | others,
        context={"email": "ada@example.com"},
    )
    user = save(serializer)

    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
    assert user.email == "ada@example.com"
    assert serializer.data == {"username": "ada"}
