import pytest
from django.core.checks import run_checks

KEY = "k" * 32


@pytest.fixture
def found(settings):
    """The messages about these settings, each as (id, message, hint)."""

    def found(deploy=False, **changes):
        for name, value in changes.items():
            setattr(settings, name, value)
        return [
            (message.id, message.msg, message.hint)
            for message in run_checks(include_deployment_checks=deploy)
            if message.id.startswith("authentication")
        ]

    return found


def test_a_signing_key_that_is_too_short_is_reported(found):
    """The key that signs tokens has at least 32 bytes, the length of an HS256 signature."""
    assert found(JWT_SIGNING_KEY=KEY) == []
    assert found(JWT_SIGNING_KEY="ä" * 15) == [
        (
            "authentication.E001",
            "JWT_SIGNING_KEY has 30 bytes, too few to sign with.",
            "Use at least 32 random bytes.",
        )
    ]


def test_a_signing_key_equal_to_the_secret_key_is_reported(found):
    """`JWT_SIGNING_KEY` and `SECRET_KEY` must be different keys."""
    assert found(JWT_SIGNING_KEY=KEY, SECRET_KEY=KEY) == [
        (
            "authentication.E002",
            "JWT_SIGNING_KEY and SECRET_KEY are the same key.",
            "Set two different keys, so that you can replace one without the other.",
        )
    ]


def test_check_deploy_reports_a_wildcard_host(found):
    """`*` accepts every host name that a client sends, so it is reported."""
    assert found(deploy=True, JWT_SIGNING_KEY=KEY, ALLOWED_HOSTS=["*"]) == [
        (
            "authentication.W003",
            "ALLOWED_HOSTS contains *, so a client can write any host into its request.",
            "Set ALLOWED_HOSTS to the host names of the API.",
        )
    ]


def test_check_deploy_reports_defaults_for_development(found):
    """`check --deploy` warns of the key that everybody can read, but not of your own key."""
    assert found(JWT_SIGNING_KEY=f"django-insecure-{KEY}") == []
    assert found(deploy=True) == [
        (
            "authentication.W001",
            "JWT_SIGNING_KEY is the public default in the settings.",
            "Set the environment variable JWT_SIGNING_KEY.",
        )
    ]
    assert found(deploy=True, JWT_SIGNING_KEY=KEY) == []
