from rest_framework.test import APIRequestFactory

from exercises.browser_password import BrowserChangePasswordAPIView

PASSWORD = "correct horse battery staple"
CSRF_TOKEN = "a" * 32


def change(token, password=PASSWORD, csrf_token=CSRF_TOKEN):
    headers = {"Authorization": f"Bearer {token}", "X-CSRFToken": csrf_token}
    data = {"password": password, "new_password": "a new and better one"}
    factory = APIRequestFactory(enforce_csrf_checks=True)
    request = factory.post("/", data, format="json", headers=headers)
    request.COOKIES["csrftoken"] = CSRF_TOKEN
    return BrowserChangePasswordAPIView.as_view()(request)


def test_no_script_can_read_the_new_refresh_token(token):
    """The new refresh token is in the cookie of this chapter, and not in the body."""
    response = change(token)
    cookie = response.cookies["refresh_token"]
    assert list(response.data) == ["access_token", "token_type", "expires_in"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")


def test_the_password_is_changed(user, token):
    """The user has the new password, and the session of the old cookie has ended."""
    old = user.sessions.get()
    change(token)
    user.refresh_from_db()
    assert user.check_password("a new and better one")
    assert old.pk not in user.sessions.values_list("pk", flat=True)


def test_another_site_cannot_change_it(user, token):
    """Without the CSRF token, the response is 403, and nothing changes."""
    assert change(token, csrf_token="").status_code == 403
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_wrong_password_sets_no_cookie(token):
    """If the current password is wrong, the response is 400, without a cookie."""
    response = change(token, password="a guess")
    assert response.status_code == 400
    assert not response.cookies
