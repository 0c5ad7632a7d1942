from datetime import timedelta

import pytest
from django.core.checks import registry, run_checks

from exercises.checks import check_lifetime


def test_an_hour_is_no_problem(settings):
    """Tokens that are valid for an hour need no warning."""
    settings.JWT_LIFETIME = timedelta(hours=1)
    assert check_lifetime(None) == []


@pytest.mark.parametrize("lifetime", [timedelta(days=1, seconds=1), timedelta(days=365)], ids=str)
def test_a_long_lifetime_is_reported(settings, lifetime):
    """If `JWT_LIFETIME` is more than a day, the check returns one warning, `exercises.W001`."""
    settings.JWT_LIFETIME = lifetime
    (warning,) = check_lifetime(None)
    assert (warning.id, warning.is_serious()) == ("exercises.W001", False)


def test_the_check_is_registered(settings):
    """`python manage.py check --deploy` runs the check, and `check` alone doesn't.

    Look at the decorator of `check_deployment`.
    """
    settings.JWT_LIFETIME = timedelta(days=365)
    assert check_lifetime in registry.registry.get_checks(include_deployment_checks=True)
    assert "exercises.W001" not in [message.id for message in run_checks()]
