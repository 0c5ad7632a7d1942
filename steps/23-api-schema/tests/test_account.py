import threading

import pytest
from django.contrib.auth import authenticate
from django.core import mail
from django.db import connection
from django.db.models import QuerySet
from django.urls import resolve, reverse
from rest_framework.test import APIClient

from authentication.models import Session, User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another good one"
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}
WRONG_PASSWORD = {"password": ["The password is wrong."]}

# The endpoints that ask for the password again, and what else they ask for.
BODIES = {
    "password/change": {"password": PASSWORD, "new_password": NEW_PASSWORD},
    "me/delete": {"password": PASSWORD},
    "email/change": {"email": "new@example.com", "password": PASSWORD},
}


@pytest.fixture
def grace(db):
    return User.objects.create_user("grace", "grace@example.com", PASSWORD)


def login(password=PASSWORD):
    data = {"email": "ada@example.com", "password": password}
    return APIClient().post("/api/login", data, format="json").status_code


def me(token):
    return APIClient(headers={"Authorization": f"Bearer {token}"}).get("/api/me").status_code


def assert_done(answer):
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"


def assert_refused(answer, errors):
    assert (answer.status_code, answer.json()) == (400, errors)


def test_a_new_password_ends_all_sessions(post, user, token, token_for):
    """All sessions end, including the current one. The response has the tokens of a new one."""
    other = token_for(user)
    answer = post("password/change", BODIES["password/change"], token)

    assert answer.status_code == 200
    assert list(answer.json()) == ["access_token", "token_type", "expires_in", "refresh_token"]
    assert answer["Cache-Control"] == "no-store"
    assert (me(token), me(other), me(answer.json()["access_token"])) == (401, 401, 200)
    assert Session.objects.count() == 1
    assert (login(), login(NEW_PASSWORD)) == (401, 200)


def test_a_stolen_token_stops_working_with_a_new_password(post, user):
    """A copy of the tokens with which Ada changes her password is rejected afterwards."""
    stolen = APIClient().post("/api/login", CREDENTIALS, format="json").json()
    changed = post("password/change", BODIES["password/change"], stolen["access_token"])

    assert (changed.status_code, me(stolen["access_token"])) == (200, 401)
    refresh = {"refresh_token": stolen["refresh_token"]}
    assert APIClient().post("/api/refresh", refresh, format="json").status_code == 401
    refresh = {"refresh_token": changed.json()["refresh_token"]}
    assert APIClient().post("/api/refresh", refresh, format="json").status_code == 200


def test_a_login_during_a_password_change_is_rejected(post, token, monkeypatch):
    """If the password changes after a login has checked the old one, no session starts."""

    def authenticate_and_wait(*arguments, **values):
        checked = authenticate(*arguments, **values)
        assert post("password/change", BODIES["password/change"], token).status_code == 200
        return checked

    monkeypatch.setattr("authentication.serializers.authenticate", authenticate_and_wait)

    assert (login(), me(token), Session.objects.count()) == (401, 401, 1)


@pytest.mark.parametrize(
    ("new_password", "error"),
    [
        pytest.param("password", "This password is too common.", id="common"),
        pytest.param(
            "ada@example.com", "The password is too similar to the email.", id="like the email"
        ),
    ],
)
def test_a_new_password_is_validated(post, user, token, new_password, error):
    """A weak password is rejected, and so is one that is like the user's own email."""
    data = {"password": PASSWORD, "new_password": new_password}
    answer = post("password/change", data, token)

    assert answer.status_code == 400
    assert error in answer.json()["new_password"]
    assert (login(), me(token)) == (200, 200)


def test_spaces_around_a_password_are_kept(post, user, token):
    """Spaces before and after a new password are part of it."""
    new = "  two spaces on both sides  "
    data = {"password": PASSWORD, "new_password": new}
    assert post("password/change", data, token).status_code == 200

    assert (login(new), login(new.strip())) == (200, 401)


def test_a_token_without_the_password_changes_nothing(post, user, token):
    """A stolen token is not enough: with a wrong password nothing changes."""
    for path in BODIES:
        answer = post(path, BODIES[path] | {"password": "wrong"}, token)

        assert_refused(answer, WRONG_PASSWORD)
        assert (login(), me(token)) == (200, 200)


@pytest.mark.parametrize("path", BODIES)
def test_guesses_at_the_current_password_are_counted(post, user, token, path):
    """After ten wrong passwords from an IP address, the right one is rejected too."""
    wrong = BODIES[path] | {"password": "wrong"}
    for _ in range(10):
        assert post(path, wrong, token).status_code == 400
    answer = post(path, BODIES[path], token)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert post(path, BODIES[path], token, "192.0.2.2").status_code in (200, 202, 204)


def test_the_right_password_resets_the_count(post, token):
    """Nine wrong passwords, the right one, nine wrong ones: none of the requests returns 429."""
    weak = {"password": PASSWORD, "new_password": "password"}
    for _ in range(2):
        for _ in range(9):
            wrong = {"password": "wrong", "new_password": NEW_PASSWORD}
            assert_refused(post("password/change", wrong, token), WRONG_PASSWORD)
        assert "new_password" in post("password/change", weak, token).json()


def test_an_account_is_deleted(post, user, grace, token, token_for):
    """The account is deleted with its sessions. Other accounts stay."""
    others = token_for(grace)
    assert_done(post("me/delete", BODIES["me/delete"], token))

    assert list(User.objects.all()) == [grace]
    assert (me(token), me(others), login()) == (401, 200, 401)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["password/change", "me/delete"])
def test_one_of_eight_requests_at_once_succeeds(user, token, monkeypatch, path):
    """Eight requests have the right password and write at the same moment. One succeeds.

    The owner gets one email.

    `update_if_same` has to compare and write in one step.
    """
    all_are_here = threading.Event()
    together = threading.Barrier(8, action=all_are_here.set)
    update = QuerySet.update

    def update_together(rows, **values):
        if not all_are_here.is_set():
            together.wait(timeout=30)
        return update(rows, **values)

    monkeypatch.setattr(QuerySet, "update", update_together)
    answers = []

    def ask(number):
        headers = {"Authorization": f"Bearer {token}"}
        client = APIClient(headers=headers, REMOTE_ADDR=f"192.0.2.{number}")
        answers.append(client.post(f"/api/{path}", BODIES[path], format="json"))
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    success = 200 if path == "password/change" else 204
    assert sorted(answer.status_code for answer in answers) == [success] + [400] * 7
    losers = [answer.json() for answer in answers if answer.status_code == 400]
    assert losers == [WRONG_PASSWORD] * 7
    assert len(mail.outbox) == 1


def test_the_cookie_of_the_admin_is_not_enough(client, user):
    """Without a token the response is 401, even for a browser that is logged in to the admin."""
    client.force_login(user)
    for path in BODIES:
        answer = client.post(f"/api/{path}", BODIES[path], content_type="application/json")

        assert answer.status_code == 401
        assert answer.json() == {"detail": "Authentication credentials were not provided."}
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
        assert User.objects.count() == 1


def test_an_ip_address_is_limited_to_sixty_requests_a_minute(post, token, monkeypatch):
    """The 61st request of an IP address within a minute gets a 429, whatever it contains.

    Both endpoints have the same count.
    """
    monkeypatch.setattr("authentication.throttles.AddressThrottle.timer", lambda throttle: 60)
    paths = ["password/change", "me/delete"]
    for path in paths * 30:
        assert post(path, [], token).status_code == 400

    for path in paths:
        answer = post(path, [], token)
        assert answer.status_code == 429
        assert answer.json() == {
            "detail": "Request was throttled. Expected available in 60 seconds."
        }
        assert answer["Retry-After"] == "60"
        assert post(path, [], token, "192.0.2.2").status_code == 400


FIELDS = [(path, field) for path, body in BODIES.items() for field in body]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(..., id="missing"),
        pytest.param("x" * 4097, id="too long"),
        pytest.param("x\ud800", id="half a character"),
    ],
)
def test_a_field_must_be_a_valid_string(post, token, value):
    """A field that is missing, not a string, too long or not storable gets a 400 that names it."""
    for path, field in FIELDS:
        data = {
            name: text for name, text in (BODIES[path] | {field: value}).items() if text is not ...
        }
        answer = post(path, data, token)

        assert answer.status_code == 400
        assert list(answer.json()) == [field]


def test_a_body_has_to_be_an_object(post, token):
    """JSON that is not an object gets a 400."""
    for path in BODIES:
        answer = post(path, [], token)

        assert answer.status_code == 400
        assert list(answer.json()) == ["non_field_errors"]


def test_each_path_has_a_name():
    """Code refers to a path by its name. A slash at the end is allowed."""
    for name, path in [("password_change", "password/change"), ("user_delete", "me/delete")]:
        assert reverse(name) == f"/api/{path}"
        assert resolve(f"/api/{path}/").url_name == name
