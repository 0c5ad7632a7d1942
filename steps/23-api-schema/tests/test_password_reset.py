import re
import threading

import pytest
from django.contrib.auth import authenticate
from django.core import mail, signing
from django.db import connection
from django.db.models import QuerySet
from django.urls import resolve, reverse
from rest_framework.test import APIClient

from authentication.links import RESET_PASSWORD, make_link
from authentication.models import Mail, Session, User
from authentication.outbox import send_later, send_next

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another good one"
LINK = re.compile(r"^http://127.0.0.1:8000/([a-z-]+)#token=(\S+)$", re.MULTILINE)
ACCEPTED = {"detail": "If there is something to send, an email is on its way."}
DEAD_LINK = {"token": ["The link is wrong, or used, or too old. Ask for another."]}
PASSWORD_CHANGED = ("Your password has changed", "ada@example.com")
RESET, CONFIRM = "password/reset", "password/confirm"


def mailed():
    """Subject and recipient of each email that was sent."""
    return [(message.subject, *message.to) for message in mail.outbox]


def link_token(user):
    return LINK.search(make_link(RESET_PASSWORD, user))[2]


def details(token, new_password=NEW_PASSWORD):
    return {"token": token, "new_password": new_password}


def login(password=PASSWORD):
    data = {"email": "ada@example.com", "password": password}
    return APIClient().post("/api/login", data, format="json").status_code


def me(token):
    return APIClient(headers={"Authorization": f"Bearer {token}"}).get("/api/me").status_code


def assert_done(answer):
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"


def assert_accepted(answer):
    assert (answer.status_code, answer.json()) == (202, ACCEPTED)
    assert answer["Cache-Control"] == "no-store"


def assert_refused(answer, errors):
    assert (answer.status_code, answer.json()) == (400, errors)


def test_a_forgotten_password_is_reset(post, user, token):
    """A link sets a new password and ends all sessions. It can be used once."""
    assert_accepted(post(RESET, {"email": "ada@example.com"}))
    assert mailed() == [("Reset your password", "ada@example.com")]
    assert mail.outbox[0].from_email == "api@localhost"
    purpose, reset = LINK.search(mail.outbox[0].body).groups()
    assert purpose == "reset-password"
    assert me(token) == 200

    assert_done(post(CONFIRM, details(reset)))
    assert Session.objects.count() == 0
    assert (login(), login(NEW_PASSWORD)) == (401, 200)
    mail.outbox.clear()
    assert_refused(post(CONFIRM, details(reset, "and one more, please")), DEAD_LINK)
    assert (login(NEW_PASSWORD), mailed()) == (200, [])


@pytest.mark.parametrize("email", ["ADA@example.com", "ada@\uff45xample.com"])
def test_an_email_is_found_in_any_spelling(post, user, email):
    """The email goes to the address that is stored, however it was typed."""
    assert_accepted(post(RESET, {"email": email}))
    assert mailed() == [("Reset your password", "ada@example.com")]


def test_every_email_gets_the_same_response(
    post, user, settings, django_assert_num_queries, hashed
):
    """Known, unknown or deactivated: every email gets the same response, after one query.

    Nothing is hashed, either. Otherwise the response, or its time, reveals who has an account. The
    worker decides later who gets an email.
    """
    settings.MAIL_AT_ONCE = False
    User.objects.create_user("off", "off@example.com", PASSWORD, is_active=False)
    User.objects.create_user("none", "none@example.com")
    hashed.clear()
    for name in ["ada", "nobody", "off", "none"]:
        with django_assert_num_queries(1):
            assert_accepted(post(RESET, {"email": f"{name}@example.com"}))
    assert mailed() == []
    while send_next():
        pass

    assert mailed() == [("Reset your password", "ada@example.com")]
    assert hashed == []


def test_no_link_is_stored(post, user, settings):
    """The row of the outbox has the kind and the email. The link is made when it is sent."""
    settings.MAIL_AT_ONCE = False
    post(RESET, {"email": "ADA@example.com"})

    (row,) = Mail.objects.values()
    del row["id"], row["created_at"], row["due"]
    assert row == {
        "kind": "reset-password",
        "email": "ADA@example.com",
        "user_id": None,
        "fingerprint": "",
        "tries": 0,
    }


def test_the_hour_of_a_link_starts_when_it_is_sent(post, user, settings, monkeypatch):
    """A link that waited three hours for the mail server is valid for a full hour."""
    settings.MAIL_AT_ONCE = False
    now = signing.time.time()
    send_later(RESET_PASSWORD, "ada@example.com")
    monkeypatch.setattr(signing.time, "time", lambda: now + 3 * 3600)
    send_next()
    reset = LINK.search(mail.outbox[0].body)[2]
    monkeypatch.setattr(signing.time, "time", lambda: now + 3 * 3600 + 3595)

    assert_done(post(CONFIRM, details(reset)))


def test_the_owner_is_notified_of_a_reset(post, user):
    """After a reset the owner gets an email, because an attacker may have used the link."""
    post(CONFIRM, details(link_token(user)))

    assert mailed() == [PASSWORD_CHANGED]


def test_a_weak_password_does_not_use_up_the_link(post, user):
    """A new password has to pass the rules. If it does not, the link can still be used."""
    reset = link_token(user)
    answer = post(CONFIRM, details(reset, "ada@example.com"))
    assert_refused(answer, {"new_password": ["The password is too similar to the email."]})
    assert mailed() == []

    assert_done(post(CONFIRM, details(reset)))


def test_a_reset_resets_the_count_of_guesses(post, user):
    """A user who has guessed too often can log in after a reset from the same IP address."""
    reset = link_token(user)
    for _ in range(11):
        login("wrong")
    assert login() == 429
    assert_done(post(CONFIRM, details(reset), address="127.0.0.1"))

    assert login(NEW_PASSWORD) == 200


def test_a_login_during_a_reset_is_rejected(post, user, token, monkeypatch):
    """If the link is used after a login has checked the old password, no session starts."""
    reset = link_token(user)

    def authenticate_and_wait(*arguments, **values):
        checked = authenticate(*arguments, **values)
        assert_done(post(CONFIRM, details(reset)))
        return checked

    monkeypatch.setattr("authentication.serializers.authenticate", authenticate_and_wait)

    assert (login(), me(token), Session.objects.count()) == (401, 401, 0)


def test_a_link_is_valid_for_an_hour(post, user, monkeypatch):
    """A link is dead after an hour. The response is the same as for every other dead link."""
    reset = link_token(user)
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 3605)
    assert_refused(post(CONFIRM, details(reset)), DEAD_LINK)
    monkeypatch.setattr(signing.time, "time", lambda: now + 3595)
    assert_done(post(CONFIRM, details(reset)))


@pytest.mark.parametrize("change", ["email", "password", "active", "deleted"])
def test_a_link_is_dead_when_the_account_has_changed(post, user, change):
    """A link is dead after a new email or password, a deactivation or a deletion.

    The new password in a request with a dead link is not checked.
    """
    reset = link_token(user)
    if change == "email":
        User.objects.update(email="countess@example.com")
    elif change == "password":
        user.set_password(NEW_PASSWORD)
        user.save()
    elif change == "active":
        User.objects.update(is_active=False)
    else:
        user.delete()

    assert_refused(post(CONFIRM, details(reset, "weak")), DEAD_LINK)


def test_a_link_stays_dead_when_the_old_password_is_set_again(post, user):
    """The same password gets a different salt, so its hash is different."""
    reset = link_token(user)
    for password in (NEW_PASSWORD, PASSWORD):
        user.set_password(password)
        user.save()

    assert_refused(post(CONFIRM, details(reset)), DEAD_LINK)


def test_a_forged_link_costs_no_query(post, django_assert_num_queries):
    """A token that we have not signed gets the usual response, and causes no query."""
    for token in ["a:b:c", "\u20ac"]:
        with django_assert_num_queries(0):
            assert_refused(post(CONFIRM, details(token)), DEAD_LINK)


def test_a_link_signed_with_another_key_is_rejected(post, user, settings):
    """Only the server can make a link."""
    settings.SECRET_KEY, before = "k" * 50, settings.SECRET_KEY
    token = link_token(user)
    settings.SECRET_KEY = before

    assert_refused(post(CONFIRM, details(token)), DEAD_LINK)


def test_a_link_does_not_show_the_password(user):
    """A link contains an id, a fingerprint and an email, but not the hash of the password."""
    content = signing.loads(link_token(user), salt="authentication.reset-password")

    assert content[0] == user.pk
    assert re.fullmatch("[0-9a-f]{64}", content[1])


@pytest.mark.django_db(transaction=True)
def test_one_of_eight_requests_with_a_link_succeeds(user, monkeypatch):
    """Eight requests use a link at the same moment. One succeeds, and the owner gets one email.

    `use_link` has to compare and write in one step.
    """
    all_are_here = threading.Event()
    together = threading.Barrier(8, action=all_are_here.set)
    update = QuerySet.update

    def update_together(rows, **values):
        if not all_are_here.is_set():
            together.wait(timeout=30)
        return update(rows, **values)

    monkeypatch.setattr(QuerySet, "update", update_together)
    data = details(link_token(user))
    answers = []

    def confirm():
        answers.append(APIClient().post(f"/api/{CONFIRM}", data, format="json"))
        connection.close()

    threads = [threading.Thread(target=confirm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [204] + [400] * 7
    losers = [answer.json() for answer in answers if answer.status_code == 400]
    assert losers == [DEAD_LINK] * 7
    assert mailed() == [PASSWORD_CHANGED]


def test_an_old_token_is_ignored():
    """A user who has forgotten the password may send an expired access token. It is ignored."""
    client = APIClient(headers={"Authorization": "Bearer old"})

    for path, data, status in [
        (RESET, {"email": "ada@example.com"}, 202),
        (CONFIRM, details("x"), 400),
    ]:
        assert client.post(f"/api/{path}", data, format="json").status_code == status


def test_an_ip_address_is_limited_to_sixty_requests_a_minute(post, monkeypatch):
    """The 61st request of an IP address within a minute gets a 429, whatever it contains.

    Both endpoints have the same count.
    """
    monkeypatch.setattr("authentication.throttles.AddressThrottle.timer", lambda throttle: 60)
    for path in [RESET, CONFIRM] * 30:
        assert post(path, []).status_code == 400

    for path in [RESET, CONFIRM]:
        answer = post(path, [])
        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert post(path, [], address="192.0.2.2").status_code == 400


def test_only_an_email_address_gets_a_reset(post):
    """Anything that is not an email address is rejected before an email is written."""
    for email in ["ada@example.com\nBcc: x@example.com", "x" * 250 + "@example.com"]:
        answer = post(RESET, {"email": email})

        assert (answer.status_code, list(answer.json())) == (400, ["email"])
    assert Mail.objects.count() == 0


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(..., id="missing"),
        pytest.param("x" * 4097, id="too long"),
        pytest.param("x\ud800", id="half a character"),
    ],
)
def test_token_and_new_password_must_be_valid_strings(post, user, value):
    """A field that is missing, not a string, too long or not storable gets a 400 that names it."""
    for field in ["token", "new_password"]:
        data = details(link_token(user)) | {field: value}
        answer = post(CONFIRM, {name: text for name, text in data.items() if text is not ...})

        assert answer.status_code == 400
        assert list(answer.json()) == [field]


def test_each_path_has_a_name():
    """Code refers to a path by its name. A slash at the end is allowed."""
    for name, path in [("password_reset", RESET), ("password_confirm", CONFIRM)]:
        assert reverse(name) == f"/api/{path}"
        assert resolve(f"/api/{path}/").url_name == name
