import environ
import pytest
from django.core.checks import run_checks


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


def test_a_missing_key_is_reported(found, keys):
    """A server with no key can't sign tokens, so it doesn't start."""
    assert found() == [
        (
            "authentication.E002",
            "JWT_KEYS_DIR has no key to sign tokens with.",
            "Run `python manage.py makesigningkey`.",
        )
    ]

    keys("2026-11-27T161500Z-5f2a9c01")
    assert found() == []


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

        assert found(deploy=True, CACHES=caches) == [
            (
                "authentication.W002",
                "The cache cannot count the requests of all processes together.",
                "Set CACHE_URL to a cache that all share, such as redis://localhost:6379.",
            )
        ]


def test_check_deploy_reports_a_wildcard_host(found):
    """`*` accepts every host name that a client sends, so it is reported."""
    redis = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    messages = found(deploy=True, CACHES=redis, ALLOWED_HOSTS=["*"])

    assert messages == [
        (
            "authentication.W003",
            "ALLOWED_HOSTS contains *, so a client can write any host into its request.",
            "Set ALLOWED_HOSTS to the host names of the API.",
        )
    ]


def test_check_deploy_reports_defaults_for_development(found):
    """`check --deploy` warns of a cache per process. With a shared cache, there are no warnings."""
    redis = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    assert found(deploy=True) == [
        (
            "authentication.W002",
            "The cache cannot count the requests of all processes together.",
            "Set CACHE_URL to a cache that all share, such as redis://localhost:6379.",
        ),
    ]
    assert found(deploy=True, CACHES=redis) == []
