import pytest
from django.contrib.auth import authenticate

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def backends(settings):
    settings.AUTHENTICATION_BACKENDS = [
        "exercises.username.UsernameBackend",
        "django.contrib.auth.backends.ModelBackend",
    ]


@pytest.mark.parametrize("login", ["ada", "ADA", "\uff41da", "ada@example.com", "ADA@example.com"])
def test_a_user_logs_in_with_username_or_email(user, login):
    """A user logs in with the username or the email, in any case and any spelling.

    Write a subclass of `ModelBackend` with its own `authenticate`. Use `username__lower`.
    """
    assert authenticate(username=login, password=PASSWORD) == user


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_a_wrong_password_is_rejected(user, login):
    """With a wrong password, nobody logs in."""
    assert authenticate(username=login, password="wrong") is None


def test_an_inactive_user_is_rejected(user):
    """A user who is not active can't log in with the username either."""
    user.is_active = False
    user.save()
    assert authenticate(username="ada", password=PASSWORD) is None
