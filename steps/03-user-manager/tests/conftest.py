import pytest

from authentication.models import User


@pytest.fixture(autouse=True)
def fast_passwords(settings):
    """Hash with MD5 in tests: the real hasher takes its time on purpose, at every password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def admin_user(db):
    """The superuser of pytest-django's `admin_client`. Our model needs a username, too."""
    return User.objects.create_superuser("root", "root@example.com", "password")
