import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import Session, User

PASSWORD = "correct horse battery staple"


@pytest.fixture
def full(user):
    """Twenty sessions of a user. The oldest one was refreshed last."""
    now = timezone.now()
    sessions = [
        Session(
            user=user,
            created_at=now - timedelta(days=60 - number),
            refreshed_at=now - timedelta(hours=20 - number),
        )
        for number in range(20)
    ]
    sessions[0].refreshed_at = now
    return Session.objects.bulk_create(sessions)


def log_in(email="ada@example.com"):
    data = {"email": email, "password": PASSWORD}
    return APIClient().post("/api/login", data, format="json")


def test_a_login_ends_the_session_that_was_not_used_for_longest(user, full, caplog):
    """The login of the 21st session ends the one whose last refresh is the oldest, and logs that.

    Other users have sessions of their own.
    """
    caplog.set_level("INFO", "authentication.security")
    grace = User.objects.create_user("grace", "grace@example.com", PASSWORD)
    full[19].delete()
    codes = [log_in("grace@example.com").status_code, log_in().status_code, log_in().status_code]

    assert codes == [200, 200, 200]
    assert (user.sessions.count(), grace.sessions.count()) == (20, 1)
    assert set(full[:19]) - set(user.sessions.all()) == {full[1]}
    assert [record.message for record in caplog.records if record.name.endswith("security")] == [
        "login",
        "login",
        "login",
        "session limit",
    ]


def test_all_sessions_over_the_limit_end(user, full):
    """More than 20 sessions, for example from before the limit, need only one login."""
    Session.objects.bulk_create(Session(user=user) for _ in range(30))
    log_in()

    assert user.sessions.count() == 20


def test_the_limit_costs_one_query(user, full):
    """A login deletes with one query, however many sessions end."""
    Session.objects.bulk_create(Session(user=user) for _ in range(30))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        log_in()

    about = [query["sql"] for query in queries if "authentication_session" in query["sql"]]
    assert [sql.partition(" ")[0] for sql in about] == ["DELETE", "INSERT"]


@pytest.mark.django_db(transaction=True)
def test_logins_at_once_stay_below_the_limit(user, full):
    """Eight logins at once leave 20 sessions, and each of the eight can use its own."""
    together, tokens = Barrier(8), []

    def log_in_together():
        together.wait(timeout=30)
        tokens.append(json.loads(log_in().content)["access_token"])
        connection.close()

    threads = [Thread(target=log_in_together) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert user.sessions.count() == 20
    answers = [APIClient(headers={"Authorization": f"Bearer {t}"}).get("/api/me") for t in tokens]
    assert [answer.status_code for answer in answers] == [200] * 8
