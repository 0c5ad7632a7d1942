import pytest
from rest_framework.test import APIRequestFactory

from exercises.people import PeopleAPIView

pytestmark = pytest.mark.django_db


def ask(token=""):
    headers = {"Authorization": f"Bearer {token}"} if token else None
    return PeopleAPIView.as_view()(APIRequestFactory().get("/", headers=headers))


def test_an_administrator_sees_all_usernames(admin_user, user, token_for):
    """A member of the staff gets all usernames, in alphabetical order."""
    response = ask(token_for(admin_user))
    assert (response.status_code, response.data) == (200, ["ada", "root"])


def test_another_user_is_rejected(token):
    """For any other user, the response is 403: the server knows who they are.

    DRF has a permission class for it.
    """
    assert ask(token).status_code == 403


def test_without_a_token_the_view_asks_for_one():
    """Without a token, the response is 401 with a challenge."""
    response = ask()
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
