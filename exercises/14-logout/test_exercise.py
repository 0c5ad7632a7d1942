from rest_framework.test import APIRequestFactory

from authentication.models import Session, User
from exercises.others import LogoutOthersAPIView


def post(token=""):
    headers = {"Authorization": f"Bearer {token}"} if token else None
    return LogoutOthersAPIView.as_view()(APIRequestFactory().post("/", headers=headers))


def test_this_session_stays_and_the_others_end(user, token_for):
    """The session of the request stays, and all other sessions of the user end.

    `request.auth` is the session that the token belongs to.
    """
    token_for(user), token_for(user)
    token = token_for(user)
    assert post(token).status_code == 204
    assert user.sessions.count() == 1
    assert post(token).status_code == 204


def test_other_users_keep_their_sessions(user, token):
    """The sessions of other users stay."""
    grace = User.objects.create_user("grace", "grace@example.com", "correct horse battery")
    Session.objects.create(user=grace)
    post(token)
    assert grace.sessions.count() == 1


def test_without_a_token_nothing_ends(user, token):
    """Without a token, the response is 401, and no session ends."""
    assert post().status_code == 401
    assert user.sessions.count() == 1
