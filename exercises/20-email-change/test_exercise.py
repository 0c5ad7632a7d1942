from rest_framework.test import APIRequestFactory

from authentication.models import Session, User
from exercises.export import ExportAPIView


def export(token=""):
    headers = {"Authorization": f"Bearer {token}"} if token else None
    return ExportAPIView.as_view()(APIRequestFactory().get("/", headers=headers))


def test_a_user_gets_what_is_stored_about_them(user, token):
    """The response has the user's email, username and dates, and every session.

    The dates are those of the fields `date_joined` and `email_verified_at`.
    """
    data = export(token).data
    session = user.sessions.get()
    assert set(data) == {"email", "username", "date_joined", "email_verified_at", "sessions"}
    assert data["email"] == "ada@example.com"
    assert [str(each["id"]) for each in data["sessions"]] == [str(session.pk)]


def test_other_users_are_not_in_it(user, token):
    """The sessions of other users are not in it."""
    grace = User.objects.create_user("grace", "grace@example.com", "correct horse battery")
    Session.objects.create(user=grace)
    assert len(export(token).data["sessions"]) == 1


def test_only_a_token_opens_it(user):
    """Without a token, the response is 401."""
    assert export().status_code == 401


def test_no_cache_keeps_it(token):
    """The response is for one client, so no cache may keep it."""
    assert export(token)["Cache-Control"] == "no-store"
