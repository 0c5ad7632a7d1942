"""Settings that the stages' own suites leave out, because two or three examples suffice."""

import importlib

import environ
import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

# Valid settings for a deployment.
GOOD = {
    "CACHES": {"default": environ.Env.cache_url_config("redis://cache.example.com:6379/1")},
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "DEFAULT_FROM_EMAIL": "Accounts <accounts@example.com>",
    "FRONTEND_URL": "https://www.example.com",
    "MAIL_AT_ONCE": False,
}
CACHES = ["locmemcache://", "dummycache://", "dbcache://x", "filecache:///x"]
FRONT_ENDS = ["", "www.example.com", "http://www.example.com", "https://-.example.com", "https://www.example.com/"]
FRONT_ENDS += [f"https://www.example.com{rest}" for rest in ("?a=b", "#a", "/a/")] + ["https://user@www.example.com"]
WRONG = (
    [("CACHES", {"default": environ.Env.cache_url_config(url)}, "W002") for url in CACHES]
    + [
        ("EMAIL_BACKEND", f"django.core.mail.backends.{name}.EmailBackend", "W004")
        for name in ("console", "dummy", "filebased", "locmem")
    ]
    + [("FRONTEND_URL", url, "W005") for url in FRONT_ENDS]
    + [("DEFAULT_FROM_EMAIL", sender, "W006") for sender in ("", "@", "Accounts", "Accounts <>")]
)
RATES = [
    "10",
    "",
    "/",
    "0/minute",
    "-1/minute",
    "1.5/minute",
    "10/year",
    "10/m",
    "10/minutes",
    " 10/minute",
    "10 / minute",
]


@pytest.fixture
def found(settings):
    """Returns the ids of our messages about valid settings with these changes."""

    def found(deploy, **changes):
        for name, value in (GOOD | changes).items():
            setattr(settings, name, value)
        messages = run_checks(include_deployment_checks=deploy)
        return [message.id for message in messages if message.id.startswith("authentication")]

    return found


@pytest.mark.parametrize(("name", "value", "number"), WRONG, ids=str)
def test_a_setting_that_no_deployment_can_use_is_reported(found, name, value, number):
    """`check --deploy` reports exactly this setting, and `check` reports nothing on your own machine."""
    assert found(True, **{name: value}) == [f"authentication.{number}"]
    assert found(False, **{name: value}) == []


@pytest.mark.parametrize("rate", RATES)
def test_a_rate_that_cannot_be_read_is_reported(found, settings, rate):
    """A rate is a whole number of at least 1 and one of four periods."""
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"guess": rate}

    assert found(False, REST_FRAMEWORK=settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}) == [
        "authentication.E003"
    ]


@pytest.mark.parametrize(("number", "reported"), [(None, ["E004"]), (-1, ["E005"]), (-2, ["E005"]), (0, []), (9, [])])
def test_a_number_of_proxies_is_not_negative(found, settings, number, reported):
    """The number is set, and 0 or more."""
    names = found(False, REST_FRAMEWORK=settings.REST_FRAMEWORK | {"NUM_PROXIES": number})

    assert names == [f"authentication.{name}" for name in reported]


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_a_server_does_not_start_with_an_empty_secret_key(settings, server):
    """Django rejects it when our check reads it."""
    settings.SECRET_KEY = ""
    with pytest.raises(ImproperlyConfigured, match="The SECRET_KEY setting must not be empty"):
        importlib.reload(importlib.import_module(f"config.{server}"))
