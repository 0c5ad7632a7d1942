import pytest


@pytest.fixture(autouse=True)
def fast_passwords(settings):
    """Hash with MD5 in tests: the real hasher takes its time on purpose, at every password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
