import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.signals import user_login_failed
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from authentication.models import User
from authentication.serializers import LoginSerializer

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


def login(email="ada@example.com", password=PASSWORD, **context):
    context = {"request": APIRequestFactory().post("/")} | context
    return LoginSerializer(data={"email": email, "password": password}, context=context)


def assert_wrong(serializer):
    with pytest.raises(AuthenticationFailed) as caught:
        serializer.is_valid()

    assert caught.value.status_code == 401
    assert caught.value.detail == {
        "detail": "The email or the password is wrong.",
        "code": "wrong_credentials",
    }


def test_a_valid_login_gives_the_view_its_user(user):
    """After validation, the serializer has the user for the view."""
    serializer = login()

    assert serializer.is_valid()
    assert serializer.validated_data == {"user": user}


def test_a_login_accepts_any_spelling_of_the_email(user):
    """A user can log in with any spelling of the email."""
    for email in ["ada@EXAMPLE.COM", "ada@\uff45xample.com"]:
        assert login(email=email).is_valid()


def test_a_wrong_password_is_rejected(user):
    """A wrong password raises AuthenticationFailed, which returns 401."""
    assert_wrong(login(password="wrong"))


def test_an_unknown_email_gets_the_same_error(user):
    """An unknown email gets the same error as a wrong password."""
    assert_wrong(login(email="nobody@example.com"))


def test_a_deactivated_user_gets_the_same_error(user):
    """A deactivated user gets the same error, because `authenticate` returns None."""
    User.objects.update(is_active=False)

    assert_wrong(login())


@pytest.mark.parametrize(
    ("email", "password", "active"),
    [
        ("ada@example.com", "wrong", True),
        ("nobody@example.com", PASSWORD, True),
        ("ada@example.com", PASSWORD, False),
    ],
    ids=["wrong password", "unknown email", "deactivated user"],
)
def test_a_failed_login_always_hashes_one_password(user, monkeypatch, email, password, active):
    """Each failed login hashes one password, so its time doesn't reveal who has an account.

    `authenticate` does this. Your own look-up, followed by `check_password`, would not.
    """
    User.objects.update(is_active=active)
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda hasher, text, salt: hashed.append(text) or encode(hasher, text, salt),
    )

    assert_wrong(login(email=email, password=password))
    assert hashed == [password]


def test_email_and_password_are_required():
    """Email and password are required, and have to be strings that are not empty."""
    for field in ["email", "password"]:
        for value in [None, "", ["a"]]:
            serializer = login(**{field: value})

            assert not serializer.is_valid()
            assert list(serializer.errors) == [field]


def test_an_empty_login_is_rejected():
    """The errors of an empty login name both missing fields."""
    serializer = LoginSerializer(data={})

    assert not serializer.is_valid()
    assert serializer.errors == {
        "email": ["This field is required."],
        "password": ["This field is required."],
    }


def test_spaces_around_a_password_are_kept(user):
    """Spaces before and after a password are part of it."""
    user.set_password("  spaces  ")
    user.save()

    assert login(password="  spaces  ").is_valid()
    assert_wrong(login(password="spaces"))


def test_a_password_may_be_as_long_as_in_the_admin(user):
    """A password may have 4096 characters, as in the admin. A longer one is rejected."""
    user.set_password("p" * 4096)
    user.save()

    assert login(password="p" * 4096).is_valid()
    assert not login(password="p" * 4097).is_valid()


def test_authenticate_gets_the_request(user):
    """`authenticate` gets the request, so that failed logins can be counted by their source."""
    request = APIRequestFactory().post("/")
    seen = []

    def receiver(sender, **signal):
        seen.append(signal["request"])

    user_login_failed.connect(receiver)
    assert_wrong(login(password="wrong", request=request))
    user_login_failed.disconnect(receiver)

    assert seen == [request]
