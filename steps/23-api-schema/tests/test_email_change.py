import re
import threading

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.core import mail, signing
from django.db import connection
from django.db.models import QuerySet
from django.urls import resolve, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.links import (
    CHANGE_EMAIL,
    RESET_PASSWORD,
    VERIFY_EMAIL,
    make_link,
    make_registration_link,
)
from authentication.models import Mail, Session, User
from authentication.outbox import send_next

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another good one"
LINK = re.compile(r"^http://127.0.0.1:8000/([a-z-]+)#token=(\S+)$", re.MULTILINE)
ACCEPTED = {"detail": "If there is something to send, an email is on its way."}
DEAD_LINK = {"token": ["The link is wrong, or used, or too old. Ask for another."]}
NEW_EMAIL = {"email": "new@example.com", "password": PASSWORD}
WARNING = ("Your email is about to change", "ada@example.com")
TAKEN = ("You have an account already", "grace@example.com")

# Which endpoint takes the token of a link.
LINKS = {
    VERIFY_EMAIL: "email/verify",
    CHANGE_EMAIL: "email/confirm",
    RESET_PASSWORD: "password/confirm",
}


@pytest.fixture
def grace(db):
    return User.objects.create_user("grace", "grace@example.com", PASSWORD)


def mailed():
    """Subject and recipient of each email that was sent."""
    return [(message.subject, *message.to) for message in mail.outbox]


def mailed_link():
    """The purpose and the token of the link in the last email."""
    return LINK.search(mail.outbox[-1].body).groups()


def link_token(purpose, user, email="new@example.com"):
    return LINK.search(make_link(purpose, user, email))[2]


def details(token):
    """What a client sends with the token of any link."""
    return {"token": token, "new_password": NEW_PASSWORD}


def login(password=PASSWORD, email="ada@example.com"):
    data = {"email": email, "password": password}
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


def test_an_older_account_verifies_its_email(post, user, token):
    """A user whose email is not verified asks for a link. Opening it verifies the email."""
    assert_accepted(post("email/resend", {}, token))
    assert mailed() == [("Verify your email", "ada@example.com")]
    purpose, verify = mailed_link()
    assert purpose == "verify-email"

    before = timezone.now()
    assert_done(post("email/verify", {"token": verify}))
    assert before <= User.objects.get().email_verified_at <= timezone.now()
    assert_refused(post("email/verify", {"token": verify}), DEAD_LINK)


def test_the_link_is_sent_again(post, user, token):
    """A user can ask for the link again, until the email is verified."""
    for _ in range(2):
        assert_accepted(post("email/resend", {}, token))
    assert mailed() == [("Verify your email", "ada@example.com")] * 2
    assert_done(post("email/verify", {"token": mailed_link()[1]}))

    assert_accepted(post("email/resend", {}, token))
    assert len(mailed()) == 2


def test_a_user_can_log_in_with_an_unverified_email(user, token):
    """An account whose email is not verified works as before."""
    assert (login(), me(token)) == (200, 200)


def test_an_email_is_changed_by_a_link(post, user, token):
    """Nothing changes until the link is opened. The old email is notified before and after."""
    assert_accepted(post("email/change", NEW_EMAIL, token))
    assert mailed() == [WARNING, ("Your new email", "new@example.com")]
    assert LINK.search(mail.outbox[0].body) is None
    assert User.objects.get().email == "ada@example.com"
    purpose, change = mailed_link()
    assert purpose == "change-email"

    assert_done(post("email/confirm", {"token": change}))
    assert mailed()[2:] == [("Your email has changed", "ada@example.com")]
    changed = User.objects.get()
    assert (changed.email, changed.email_verified_at is not None) == ("new@example.com", True)
    assert (Session.objects.count(), me(token)) == (0, 401)
    assert (login(), login(email="new@example.com")) == (401, 200)
    assert_refused(post("email/confirm", {"token": change}), DEAD_LINK)


def test_only_the_owner_learns_that_an_email_is_taken(post, user, grace, token):
    """The response for a taken email is the same. Its owner gets an email."""
    data = {"email": "GRACE@example.com", "password": PASSWORD}
    assert_accepted(post("email/change", data, token))

    assert mailed() == [WARNING, TAKEN]


def test_a_deactivated_owner_is_not_notified(post, user, grace, token):
    """The email of a deactivated account stays taken, but its owner is not notified."""
    User.objects.filter(pk=grace.pk).update(is_active=False)
    data = {"email": "grace@example.com", "password": PASSWORD}
    assert_accepted(post("email/change", data, token))

    assert mailed() == [WARNING]


def test_an_email_can_be_changed_to_upper_case(post, user, token):
    """A user's own email in upper case is not taken by another account."""
    assert_accepted(post("email/change", NEW_EMAIL | {"email": "Ada@example.com"}, token))
    assert_done(post("email/confirm", {"token": mailed_link()[1]}))

    assert User.objects.get().email == "Ada@example.com"


def test_a_change_to_the_same_email_uses_up_its_link(post, user):
    """A link that changes nothing can be used only once, too."""
    change = link_token(CHANGE_EMAIL, user, "ada@example.com")
    assert_done(post("email/confirm", {"token": change}))

    assert_refused(post("email/confirm", {"token": change}), DEAD_LINK)


def test_an_email_that_was_taken_meanwhile_is_rejected(post, user):
    """If another user has registered the new email by now, the link returns 400, not 500."""
    change = link_token(CHANGE_EMAIL, user, "grace@example.com")
    User.objects.create_user("grace", "GRACE@example.com", PASSWORD)

    assert_refused(post("email/confirm", {"token": change}), DEAD_LINK)
    assert User.objects.get(pk=user.pk).email == "ada@example.com"
    assert mailed() == []


def test_a_login_during_an_email_change_is_rejected(post, user, token, monkeypatch):
    """If the link is used after a login has found the old email, no session starts."""
    change = link_token(CHANGE_EMAIL, user)

    def authenticate_and_wait(*arguments, **values):
        checked = authenticate(*arguments, **values)
        assert_done(post("email/confirm", {"token": change}))
        return checked

    monkeypatch.setattr("authentication.serializers.authenticate", authenticate_and_wait)

    assert (login(), me(token), Session.objects.count()) == (401, 401, 0)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"email": "other@example.com"}, id="email"),
        pytest.param({"is_active": False}, id="active"),
    ],
)
def test_no_link_is_made_for_a_changed_account(post, user, token, settings, change):
    """If the account changes before the worker sends the link, no link is made."""
    settings.MAIL_AT_ONCE = False
    assert_accepted(post("email/change", NEW_EMAIL, token))
    User.objects.update(**change)
    while send_next():
        pass

    assert mailed() == [WARNING]


def test_no_link_is_made_after_a_new_password(post, user, token, settings):
    """Mallory asks for a new email, and Ada changes her password before the link is sent."""
    settings.MAIL_AT_ONCE = False
    assert_accepted(post("email/change", NEW_EMAIL, token))
    changed = {"password": PASSWORD, "new_password": NEW_PASSWORD}
    assert post("password/change", changed, token).status_code == 200
    while send_next():
        pass

    assert mailed() == [WARNING, ("Your password has changed", "ada@example.com")]


def test_no_link_is_made_for_a_deleted_account(post, user, token, settings):
    """An account can be deleted while an email to it waits."""
    settings.MAIL_AT_ONCE = False
    post("email/change", NEW_EMAIL, token)
    post("email/resend", {}, token)
    User.objects.all().delete()
    while send_next():
        pass

    assert (mailed(), Mail.objects.count()) == ([WARNING], 0)


def by_update(user, **values):
    User.objects.filter(pk=user.pk).update(**values)


def by_save(user, **values):
    for name, value in values.items():
        setattr(user, name, value)
    user.save()


def by_save_of_fields(user, **values):
    for name, value in values.items():
        setattr(user, name, value)
    user.save(update_fields=list(values))


@pytest.mark.parametrize(
    ("change", "field", "there", "back"),
    [
        (by_update, "email", "new@example.com", "ada@example.com"),
        (by_save, "is_active", False, True),
        (by_save_of_fields, "is_active", False, True),
    ],
    ids=["by update", "by save", "by save of fields"],
)
def test_a_link_stays_dead_when_a_change_is_undone(post, user, change, field, there, back):
    """Links stay dead if the email is changed back, or if the account is activated again."""
    token = link_token(RESET_PASSWORD, user)
    change(user, **{field: there})
    change(user, **{field: back})
    now = User.objects.get()
    assert (now.email, now.is_active) == ("ada@example.com", True)

    assert_refused(post("password/confirm", details(token)), DEAD_LINK)


@pytest.mark.parametrize(("purpose", "path"), LINKS.items())
def test_a_link_has_one_purpose(post, user, purpose, path):
    """A link can be used only for its own purpose."""
    for other in LINKS.keys() - {purpose}:
        assert_refused(post(path, details(link_token(other, user))), DEAD_LINK)

    assert_done(post(path, details(link_token(purpose, user))))


def test_a_link_to_register_changes_no_account(post, user):
    """A link to register is rejected by every endpoint that changes an account."""
    token = LINK.search(make_registration_link("ada@example.com"))[2]

    for path in ["email/verify", "email/confirm"]:
        assert_refused(post(path, {"token": token}), DEAD_LINK)
        assert User.objects.get().email_verified_at is None


@pytest.mark.parametrize("purpose", [VERIFY_EMAIL, CHANGE_EMAIL])
def test_a_link_is_valid_for_an_hour(post, user, monkeypatch, purpose):
    """A link is dead after an hour. The response is the same as for every other dead link."""
    data = {"token": link_token(purpose, user)}
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 3605)
    assert_refused(post(LINKS[purpose], data), DEAD_LINK)
    monkeypatch.setattr(signing.time, "time", lambda: now + 3595)
    assert_done(post(LINKS[purpose], data))


@pytest.mark.parametrize(
    ("purpose", "status"), [(VERIFY_EMAIL, 204), (CHANGE_EMAIL, 400), (RESET_PASSWORD, 400)]
)
def test_a_new_password_invalidates_older_links(post, user, purpose, status):
    """A new password ends links that depend on it. A link that verifies the email still works."""
    token = link_token(purpose, user)
    User.objects.update(password=make_password("and one more, please"))

    assert post(LINKS[purpose], details(token)).status_code == status


def test_a_forged_link_costs_no_query(post, django_assert_num_queries):
    """A token that we have not signed gets the usual response, and causes no query."""
    for path in ["email/verify", "email/confirm"]:
        with django_assert_num_queries(0):
            assert_refused(post(path, {"token": "a:b:c"}), DEAD_LINK)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("purpose", "subjects"),
    [
        pytest.param(VERIFY_EMAIL, [], id=VERIFY_EMAIL),
        pytest.param(CHANGE_EMAIL, ["Your email has changed"], id=CHANGE_EMAIL),
    ],
)
def test_one_of_eight_requests_with_a_link_succeeds(user, monkeypatch, purpose, subjects):
    """Eight requests use a link at the same moment. One succeeds."""
    all_are_here = threading.Event()
    together = threading.Barrier(8, action=all_are_here.set)
    update = QuerySet.update

    def update_together(rows, **values):
        if not all_are_here.is_set():
            together.wait(timeout=30)
        return update(rows, **values)

    monkeypatch.setattr(QuerySet, "update", update_together)
    data = {"token": link_token(purpose, user)}
    answers = []

    def confirm():
        answers.append(APIClient().post(f"/api/{LINKS[purpose]}", data, format="json"))
        connection.close()

    threads = [threading.Thread(target=confirm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [204] + [400] * 7
    losers = [answer.json() for answer in answers if answer.status_code == 400]
    assert losers == [DEAD_LINK] * 7
    assert [subject for subject, _ in mailed()] == subjects


def test_a_resend_requires_a_token(client, user):
    """Without a token the response is 401, even for a browser that is logged in to the admin."""
    client.force_login(user)
    answer = client.post("/api/email/resend", {}, content_type="application/json")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_changes_of_the_email_count_as_registrations(post, token, monkeypatch):
    """Both send emails to people who did not ask, so both share one limit: 20 an hour."""
    monkeypatch.setattr("authentication.throttles.AddressThrottle.timer", lambda throttle: 3600)
    for number in range(10):
        data = NEW_EMAIL | {"email": f"a{number}@example.com"}
        assert_accepted(post("email/change", data, token))
        assert_accepted(post("registration", {"email": f"b{number}@example.com"}))
    answer = post("email/change", NEW_EMAIL, token)

    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert_accepted(post("email/change", NEW_EMAIL, token, "192.0.2.2"))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        pytest.param("email/resend", {}, id="resend"),
        pytest.param("email/change", NEW_EMAIL, id="change"),
    ],
)
def test_an_inbox_is_limited_to_ten_links_an_hour(post, token, path, data):
    """The eleventh request for an email to the same inbox gets a 429."""
    statuses = [post(path, data, token).status_code for _ in range(11)]

    assert statuses == [202] * 10 + [429]


def test_a_public_endpoint_is_limited_to_sixty_requests_a_minute(post, monkeypatch):
    """The 61st request of an IP address within a minute gets a 429. An old token is ignored.

    Both endpoints have the same count.
    """
    monkeypatch.setattr("authentication.throttles.AddressThrottle.timer", lambda throttle: 60)
    paths = ["email/verify", "email/confirm"]
    for path in paths * 30:
        assert post(path, [], "an old token").status_code == 400

    for path in paths:
        answer = post(path, [])
        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert post(path, [], address="192.0.2.2").status_code == 400


def test_a_new_email_must_be_a_valid_email_address(post, token):
    """An email that can't be delivered, or only in another spelling, is rejected."""
    for email in ["ada@example.com\nBcc: x@example.com", "ada@stra\u00dfe.example"]:
        answer = post("email/change", NEW_EMAIL | {"email": email}, token)

        assert (answer.status_code, list(answer.json())) == (400, ["email"])
    assert mailed() == []


def test_the_token_of_a_link_must_be_a_string(post):
    """A token that is missing, not a string or too long gets a 400 that names it."""
    for value in [..., "x" * 4097]:
        for path in ["email/verify", "email/confirm"]:
            answer = post(path, {} if value is ... else {"token": value})

            assert (answer.status_code, list(answer.json())) == (400, ["token"])


def test_each_path_has_a_name():
    """Code refers to a path by its name. A slash at the end is allowed."""
    for name, path in [
        ("email_resend", "email/resend"),
        ("email_verify", "email/verify"),
        ("email_change", "email/change"),
        ("email_confirm", "email/confirm"),
    ]:
        assert reverse(name) == f"/api/{path}"
        assert resolve(f"/api/{path}/").url_name == name
