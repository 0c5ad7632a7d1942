import pytest
from rest_framework.test import APIRequestFactory

from authentication.links import RESET_PASSWORD, make_link
from exercises.magic import LOG_IN, MagicLoginAPIView

pytestmark = pytest.mark.django_db


def log_in(link):
    token = link.partition("#token=")[2]
    return MagicLoginAPIView.as_view()(APIRequestFactory().post("/", {"token": token}, "json"))


def test_a_link_logs_in_once(user):
    """The token of a link logs in once, without a password. The second time, the response is 400.

    Let the link depend on `last_login` too, and use it up with `use_link`.
    """
    link = make_link(LOG_IN, user)
    response = log_in(link)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert set(response.data) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert log_in(link).status_code == 400


def test_a_new_password_ends_the_link(user):
    """After a change of the password, the link is dead."""
    link = make_link(LOG_IN, user)
    user.set_password("another horse battery staple")
    user.save()
    assert log_in(link).status_code == 400


def test_another_link_does_not_log_in(user):
    """A link that resets the password doesn't log in."""
    assert log_in(make_link(RESET_PASSWORD, user)).status_code == 400
