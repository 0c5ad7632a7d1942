from datetime import timedelta

import pytest
from django.utils import timezone

from authentication.models import Session, User
from exercises.newest import keep_newest


@pytest.fixture
def sessions(user):
    """Four sessions, the newest first."""
    return [
        Session.objects.create(user=user, created_at=timezone.now() - timedelta(hours=hours))
        for hours in range(4)
    ]


def test_the_newest_sessions_stay(user, sessions):
    """`keep_newest` ends all sessions of a user, except the newest ones."""
    keep_newest(user, 2)
    assert list(user.sessions.order_by("-created_at")) == sessions[:2]


def test_fewer_sessions_all_stay(user, sessions):
    """A user with fewer sessions than that keeps all of them."""
    keep_newest(user, 10)
    assert user.sessions.count() == 4


def test_other_users_keep_their_sessions(user, sessions):
    """The sessions of other users stay."""
    grace = User.objects.create_user("grace", "grace@example.com", "correct horse battery")
    Session.objects.create(user=grace)
    keep_newest(user, 1)
    assert (grace.sessions.count(), user.sessions.count()) == (1, 1)


def test_two_queries_are_enough(user, sessions, django_assert_max_num_queries):
    """It takes at most two queries, however many sessions there are.

    Find the ids to keep, then delete all others with `exclude`.
    """
    with django_assert_max_num_queries(2):
        keep_newest(user, 1)
