from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from authentication.models import Session
from authentication.sessions import tokens_of
from exercises.client import get


@pytest.fixture
def session(user):
    return Session.objects.create(user=user)


@pytest.fixture
def expired(session, settings):
    """The tokens of a session, five minutes later."""
    lifetime, settings.JWT_LIFETIME = settings.JWT_LIFETIME, timedelta(minutes=-1)
    tokens = tokens_of(session)
    settings.JWT_LIFETIME = lifetime
    return tokens


def test_valid_tokens_stay(session):
    """`get` sends the access token, returns the response, and keeps valid tokens."""
    tokens = tokens_of(session)
    before = dict(tokens)
    assert get(APIClient(), "/api/me", tokens).json()["username"] == "ada"
    assert tokens == before


def test_an_expired_access_token_is_refreshed(expired):
    """If the access token has expired, `get` refreshes, and sends the request again.

    The response of `/api/refresh` has the keys of `tokens`, so `tokens.update` stores it.
    """
    spent = expired["refresh_token"]
    assert get(APIClient(), "/api/me", expired).status_code == 200
    assert expired["refresh_token"] != spent
    assert get(APIClient(), "/api/me", expired).status_code == 200


def test_the_tokens_of_an_ended_session_are_deleted(session):
    """If the access token is invalid, `get` deletes both tokens."""
    tokens = tokens_of(session)
    session.delete()
    assert get(APIClient(), "/api/me", tokens).status_code == 401
    assert tokens == {}


def test_a_refused_refresh_deletes_the_tokens(session, expired):
    """If the refresh is rejected, `get` deletes both tokens, and returns the first 401."""
    session.delete()
    assert get(APIClient(), "/api/me", expired).json()["code"] == "token_expired"
    assert expired == {}
