"""Properties of the last stage, tested with generated values. Its own suite has only examples."""

import tempfile
from pathlib import Path

import pytest
from django import conf
from django.core.cache import cache
from hypothesis import HealthCheck, settings
from rest_framework.throttling import SimpleRateThrottle

from authentication.keys import make_key

KEYS = tempfile.TemporaryDirectory()
conf.settings.JWT_KEYS_DIR = Path(KEYS.name)
make_key()

# Each example continues with the database and the cache of the last one, as on a server.
settings.register_profile(
    "companion",
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("companion")


@pytest.fixture(autouse=True)
def fast_and_unthrottled(settings, monkeypatch):
    """A password hash that is fast, and rates that are never reached."""
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    rates = dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES, "1000000/second")
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
