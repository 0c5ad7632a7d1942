import environ
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


def test_an_invalid_rate_is_reported(found, settings):
    """A misspelt rate is reported when the server starts, not at the first login."""
    for rate in ["0/minute", "10/year"]:
        rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"guess": rate}
        changed = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}

        assert found(REST_FRAMEWORK=changed) == [
            (
                "authentication.E003",
                f"{rate!r} is not a valid rate for guess.",
                "Write a number and a period, such as 60/minute.",
            )
        ]


def test_an_unknown_number_of_proxies_is_reported(found, settings):
    """Without `NUM_PROXIES`, Django REST Framework trusts every `X-Forwarded-For` header."""
    changed = settings.REST_FRAMEWORK | {"NUM_PROXIES": None}

    assert found(REST_FRAMEWORK=changed) == [
        (
            "authentication.E004",
            "NUM_PROXIES is not set, so a client that sends X-Forwarded-For has no rate limit.",
            "Set NUM_PROXIES to the number of proxies in front of this server, or to 0.",
        )
    ]


def test_a_negative_number_of_proxies_is_reported(found, settings):
    """The number of proxies can't be negative."""
    changed = settings.REST_FRAMEWORK | {"NUM_PROXIES": -1}

    assert found(REST_FRAMEWORK=changed) == [
        (
            "authentication.E005",
            "NUM_PROXIES is -1, but it must be 0 or more.",
            "Set NUM_PROXIES to the number of proxies in front of this server, or to 0.",
        )
    ]


def test_check_deploy_reports_a_cache_that_cannot_count(found):
    """Production needs a cache that all processes share, and whose `incr` is atomic."""
    for url in ["locmemcache://", "dummycache://", "dbcache://x", "filecache:///x"]:
        caches = {"default": environ.Env.cache_url_config(url)}

        assert found(deploy=True, JWT_SIGNING_KEY=KEY, CACHES=caches) == [
            (
                "authentication.W002",
                "The cache cannot count the requests of all processes together.",
                "Set CACHE_URL to a cache that all share, such as redis://localhost:6379.",
            )
        ]


def test_check_deploy_reports_a_wildcard_host(found):
    """`*` accepts every host name that a client sends, so it is reported."""
    redis = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    messages = found(deploy=True, JWT_SIGNING_KEY=KEY, CACHES=redis, ALLOWED_HOSTS=["*"])

    assert messages == [
        (
            "authentication.W003",
            "ALLOWED_HOSTS contains *, so a client can write any host into its request.",
            "Set ALLOWED_HOSTS to the host names of the API.",
        )
    ]


def test_check_deploy_reports_defaults_for_development(found):
    """`check --deploy` warns of the key that everybody can read, and of a cache per process.

    With your own key and a shared cache, there are no warnings.
    """
    redis = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    assert found(JWT_SIGNING_KEY=f"django-insecure-{KEY}") == []
    assert found(deploy=True) == [
        (
            "authentication.W001",
            "JWT_SIGNING_KEY is the public default in the settings.",
            "Set the environment variable JWT_SIGNING_KEY.",
        ),
        (
            "authentication.W002",
            "The cache cannot count the requests of all processes together.",
            "Set CACHE_URL to a cache that all share, such as redis://localhost:6379.",
        ),
    ]
    assert found(deploy=True, JWT_SIGNING_KEY=KEY, CACHES=redis) == []
