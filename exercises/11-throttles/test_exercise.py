import pytest
from rest_framework.test import APIRequestFactory

from authentication.models import User
from authentication.throttles import AddressThrottle
from authentication.views import CurrentUserAPIView
from exercises.me import MeThrottle


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(AddressThrottle, "timer", lambda throttle: 1_000_020)


def me(token, address="192.0.2.1"):
    view = CurrentUserAPIView.as_view(throttle_classes=[MeThrottle])
    headers = {"Authorization": f"Bearer {token}"}
    return view(APIRequestFactory(REMOTE_ADDR=address).get("/", headers=headers)).status_code


def test_a_user_asks_three_times_a_minute(token):
    """A user may ask three times a minute, and then gets 429."""
    assert [me(token) for _ in range(4)] == [200, 200, 200, 429]


def test_the_limit_belongs_to_the_user_and_not_to_the_address(token):
    """Requests of one user from several IP addresses count together."""
    assert [me(token, f"192.0.2.{n}") for n in range(4)] == [200, 200, 200, 429]


def test_each_user_has_a_limit_of_their_own(token, token_for):
    """Another user at the same IP address has a separate limit.

    `get_ident` returns what is counted.
    """
    grace = User.objects.create_user("grace", "grace@example.com", "correct horse battery")
    assert [me(token) for _ in range(3)] == [200, 200, 200]
    assert me(token_for(grace)) == 200
