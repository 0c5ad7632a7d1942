import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.urls("exercises.urls")]


@pytest.fixture
def get(client, token):
    return lambda path: client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_profile_has_the_username_and_nothing_else(get):
    """`GET /api/users/ada` returns the username, and not the email."""
    response = get("/api/users/ada")
    assert (response.status_code, response.json()) == (200, {"username": "ada"})


def test_an_unknown_username_is_not_found(get):
    """The profile of an unknown user returns 404, in JSON.

    Django has a function that finds a row or raises the right exception.
    """
    response = get("/api/users/nobody")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/json")


def test_a_profile_requires_a_token(client, user):
    """Without a token, the profile returns 401."""
    assert client.get("/api/users/ada").status_code == 401


def test_the_other_urls_still_work(get):
    """The URLs of `config/urls.py` still work."""
    assert get("/api/me").json()["username"] == "ada"
