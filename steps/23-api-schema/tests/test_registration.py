import re
import threading

import pytest
from django.core import mail, signing
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.links import (
    RESET_PASSWORD,
    make_link,
    make_registration_link,
    read_registration_link,
)
from authentication.models import Session, User
from authentication.throttles import AddressThrottle, MailThrottle
from authentication.tokens import read_token

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
LINK = re.compile(r"^http://127.0.0.1:8000/([a-z-]+)#token=(\S+)$", re.MULTILINE)
ACCEPTED = {"detail": "If there is something to send, an email is on its way."}
DEAD_LINK = {"token": ["The link is wrong, or used, or too old. Ask for another."]}
TOKENS = ["access_token", "token_type", "expires_in", "refresh_token"]
CONFIRM = "registration/confirm"


@pytest.fixture
def hour(monkeypatch):
    """Stop the clock of the throttles, so that no hour ends during a test."""
    monkeypatch.setattr(AddressThrottle, "timer", lambda throttle: 3600)


def link_token(email="ada@example.com"):
    return make_registration_link(email).partition("#token=")[2]


def details(**changes):
    """What a client sends to use Ada's link. `...` leaves a field out."""
    data = {"token": link_token(), "username": "ada", "password": PASSWORD} | changes
    return {name: value for name, value in data.items() if value is not ...}


def mailed():
    """Subject and recipient of each email that was sent."""
    return [(message.subject, *message.to) for message in mail.outbox]


def all_of(answer):
    """Everything that a client sees of a response."""
    return answer.status_code, answer.content, sorted(answer.items())


def assert_accepted(answer):
    assert (answer.status_code, answer.json()) == (202, ACCEPTED)
    assert answer["Cache-Control"] == "no-store"


def assert_refused(answer, errors):
    assert (answer.status_code, answer.json()) == (400, errors)


def test_a_registration_starts_in_the_inbox(post, hashed):
    """A user who wants an account gets a link by email. Until it is used, there is no account."""
    assert_accepted(post("registration", {"email": "ada@example.com"}))

    assert (User.objects.count(), hashed) == (0, [])
    assert mailed() == [("Your new account", "ada@example.com")]
    assert mail.outbox[0].from_email == "api@localhost"
    purpose, token = LINK.search(mail.outbox[0].body).groups()
    assert purpose == "register"
    assert mail.outbox[0].body == (
        "Somebody wants an account for this email. If it was you, open this link:\n\n"
        f"http://127.0.0.1:8000/register#token={token}\n\n"
        "If it was not you, do nothing: there will be no account.\n"
    )

    before = timezone.now()
    answer = post(CONFIRM, details(token=token))
    assert (answer.status_code, list(answer.json())) == (201, TOKENS)
    assert answer["Cache-Control"] == "no-store"
    user = User.objects.get()
    assert (user.email, user.username) == ("ada@example.com", "ada")
    assert before <= user.email_verified_at <= timezone.now()
    assert hashed == [PASSWORD]
    claims = read_token(answer.json()["access_token"])
    assert (claims["sub"], claims["sid"]) == (str(user.pk), str(Session.objects.get().pk))


SPELLINGS = ["ADA@example.com", "ada@\uff45xample.com"]


@pytest.mark.parametrize("email", [*SPELLINGS, "off@example.com"])
def test_the_response_does_not_reveal_who_has_an_account(
    post, user, hashed, hour, settings, django_assert_num_queries, email
):
    """Known, unknown or deactivated: every email gets the same bytes. Nothing is hashed."""
    settings.MAIL_AT_ONCE = False
    User.objects.create_user("off", "off@example.com", PASSWORD, is_active=False)
    hashed.clear()
    answers = []
    for asked in (email, "nobody@example.com"):
        with django_assert_num_queries(1):
            answers.append(all_of(post("registration", {"email": asked})))

    assert answers[0] == answers[1]
    assert (hashed, User.objects.count()) == ([], 2)


@pytest.mark.parametrize("email", SPELLINGS)
def test_the_owner_is_notified_of_a_registration_with_their_email(post, user, email):
    """The owner of a taken email gets an email without a link, at the stored address."""
    assert_accepted(post("registration", {"email": email}))

    assert mailed() == [("You have an account already", "ada@example.com")]
    assert mail.outbox[0].body == (
        "Somebody wants to use this email for an account, but it has one: yours.\n\n"
        "If it was you, log in, or reset your password. If it was not you, do nothing.\n"
    )


def test_a_deactivated_owner_is_not_notified(post):
    """A deactivated user cannot log in, so no email suggests it."""
    User.objects.create_user("off", "off@example.com", PASSWORD, is_active=False)
    assert_accepted(post("registration", {"email": "OFF@example.com"}))

    assert mailed() == []


def test_a_link_goes_to_the_email_that_it_registers(post):
    """The link is sent to the normalized email, and the same spelling is registered."""
    assert_accepted(post("registration", {"email": " Ad\uff41@EX\uff21MPLE.com "}))
    assert mailed() == [("Your new account", "Ada@example.com")]
    token = LINK.search(mail.outbox[0].body)[2]

    assert post(CONFIRM, details(token=token)).status_code == 201
    assert User.objects.get().email == "Ada@example.com"


@pytest.mark.parametrize("email", ["ada@ex\u0430mple.com", "ada@ex\u00e1mple.com"])
def test_a_lookalike_email_is_a_different_account(post, user, email):
    """An email that looks like Ada's gets a different account. Ada's account does not change."""
    assert_accepted(post("registration", {"email": email}))
    assert mailed() == [("Your new account", email)]
    token = LINK.search(mail.outbox[0].body)[2]

    assert post(CONFIRM, details(token=token, username="other")).status_code == 201
    assert User.objects.get(username="other").email == email
    assert User.objects.get(username="ada").email == "ada@example.com"


def test_a_request_for_a_link_ignores_username_and_password(post, hashed):
    """A client that still sends a username and a password creates no account with them."""
    data = {"email": "ada@example.com", "username": "ada", "password": PASSWORD}
    assert_accepted(post("registration", data))

    assert (User.objects.count(), hashed) == (0, [])
    assert mailed() == [("Your new account", "ada@example.com")]


def test_a_request_for_a_link_reserves_nothing(post):
    """A request for a link takes neither the email nor the username from other users."""
    for _ in range(2):
        post("registration", {"email": "ada@example.com", "username": "grace"})
    first, second = (LINK.search(message.body)[2] for message in mail.outbox)

    grace = details(token=link_token("grace@example.com"), username="grace")
    assert post(CONFIRM, grace).status_code == 201
    assert post(CONFIRM, details(token=second)).status_code == 201
    assert_refused(post(CONFIRM, details(token=first, username="x")), DEAD_LINK)


def test_an_inbox_is_limited_to_ten_links_an_hour(post, user, hour):
    """With or without an account, an inbox gets ten emails an hour. The next request gets a 429."""
    answers = []
    for email in ("ada@example.com", "nobody@example.com"):
        for number in range(10):
            asked = email if number % 2 else email.upper()
            assert_accepted(post("registration", {"email": asked}, address=f"192.0.2.{number}"))
        answers.append(all_of(post("registration", {"email": email}, address="192.0.2.99")))

    assert answers[0] == answers[1]
    assert answers[0][0] == 429
    assert ("Retry-After", "3600") in answers[0][2]
    assert len(mailed()) == 20


def test_each_kind_of_email_has_its_own_counter(post, user):
    """Each kind of email has its own counter. Otherwise an early 429 would reveal the others."""
    for _ in range(10):
        assert_accepted(post("registration", {"email": "ada@example.com"}))
    assert_accepted(post("password/reset", {"email": "ada@example.com"}))


def test_only_an_email_address_gets_a_link(post):
    """Anything that is not one email address is rejected before an email is written."""
    for email in [
        "ada@example.com\nBcc: x@example.com",
        "ada@example.com,x@example.com",
    ]:
        assert_refused(
            post("registration", {"email": email}), {"email": ["Enter a valid email address."]}
        )
    assert mailed() == []


def test_an_email_is_required(post):
    """A registration without an email, or with one that cannot be stored, gets a 400."""
    for value in [..., None, "ada\ud800@example.com"]:
        answer = post("registration", {} if value is ... else {"email": value})

        assert (answer.status_code, list(answer.json())) == (400, ["email"])
    assert mailed() == []


def test_a_forged_link_costs_no_query_and_no_hash(post, hashed, django_assert_num_queries):
    """The response to a forged token is immediate. What comes with it is not checked."""
    for token in ["a:b:c", "\u20ac", "null"]:
        with django_assert_num_queries(0):
            assert_refused(post(CONFIRM, details(token=token)), DEAD_LINK)
            assert_refused(
                post(CONFIRM, {"token": token, "username": [], "password": ""}), DEAD_LINK
            )
    assert hashed == []


def test_a_link_signed_with_another_key_is_rejected(post, settings):
    """Only the server can make a link."""
    settings.SECRET_KEY, before = "k" * 50, settings.SECRET_KEY
    data = details()
    settings.SECRET_KEY = before

    assert_refused(post(CONFIRM, data), DEAD_LINK)


def test_a_link_to_register_is_valid_for_an_hour(post, monkeypatch):
    """The link is dead after an hour. The response is the same as for every other dead link."""
    data = details()
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 3605)
    assert_refused(post(CONFIRM, data), DEAD_LINK)
    monkeypatch.setattr(signing.time, "time", lambda: now + 3595)
    assert post(CONFIRM, data).status_code == 201


@pytest.mark.parametrize("active", [True, False])
def test_a_link_is_dead_when_its_email_has_an_account(
    post, hashed, django_assert_num_queries, active
):
    """If the email has an account by now, the response is that of a dead link."""
    data = details(username="other")
    User.objects.create_user("ada", "ADA@example.com", PASSWORD, is_active=active)
    hashed.clear()
    with django_assert_num_queries(1):
        assert_refused(post(CONFIRM, data), DEAD_LINK)
    assert_refused(post(CONFIRM, data | {"username": "ada", "password": "x"}), DEAD_LINK)

    assert (hashed, User.objects.count(), mailed()) == ([], 1, [])


def test_a_link_is_valid_while_its_email_is_free(post):
    """A link can be used again within its hour if the account has been deleted."""
    data = details()
    assert post(CONFIRM, data).status_code == 201
    assert_refused(post(CONFIRM, data), DEAD_LINK)
    User.objects.get().delete()

    assert post(CONFIRM, data).status_code == 201


def test_links_have_one_purpose(post, user):
    """A link for a new password registers no user, and a link to register sets no password."""
    other = make_link(RESET_PASSWORD, user).partition("#token=")[2]
    assert_refused(post(CONFIRM, details(token=other, username="new")), DEAD_LINK)

    data = {"token": link_token(), "new_password": "another good one"}
    assert_refused(post("password/confirm", data), DEAD_LINK)
    assert User.objects.count() == 1


def test_a_reset_verifies_the_email(post, user):
    """A reset proves that the user owns the email. A later reset does not change the time."""
    for password in ("another good one", "and one more, please"):
        before = User.objects.get()
        token = make_link(RESET_PASSWORD, before).partition("#token=")[2]
        post("password/confirm", {"token": token, "new_password": password})
        verified_at = User.objects.get().email_verified_at
        assert verified_at == (before.email_verified_at or verified_at) is not None


def test_an_email_with_a_second_spelling_gets_no_link(post):
    """An email is rejected if it would be delivered to another address, or to a second spelling."""
    for path in ["registration", "password/reset"]:
        for email in ["ada@stra\u00dfe.example", "\u0131da@example.com"]:
            errors = {"email": ["We cannot send an email to this address."]}
            assert_refused(post(path, {"email": email}), errors)

    assert mailed() == []


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_an_inbox_is_limited_to_ten_resets_an_hour(post, user, hour, email):
    """An inbox gets ten resets an hour, from all IP addresses, with or without an account."""
    for number in range(10):
        assert_accepted(post("password/reset", {"email": email}, address=f"192.0.2.{number}"))
    answer = post("password/reset", {"email": email.upper()}, address="192.0.2.99")

    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")


def test_the_limit_of_emails_is_a_setting(post, monkeypatch):
    """`MAIL_RATE` is independent of how often a client may guess."""
    monkeypatch.setitem(MailThrottle.THROTTLE_RATES, "mail", "2/hour")
    email = {"email": "ada@example.com"}

    assert [post("registration", email).status_code for _ in range(3)] == [202, 202, 429]


FAULTS = [
    ("username", ..., "This field is required."),
    ("username", "GR\uff21CE", "This username is already taken."),
    ("password", "ada@example.com", "The password is too similar to the email."),
]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    FAULTS,
    ids=[f"{field}: {message}" for field, _, message in FAULTS],
)
def test_an_error_does_not_use_up_the_link(post, field, value, message):
    """An invalid username or password gets a 400 that names it. Then the link still works."""
    User.objects.create_user("grace", "grace@example.com", PASSWORD)
    data = details()
    wrong = {name: text for name, text in (data | {field: value}).items() if text is not ...}
    answer = post(CONFIRM, wrong)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert message in answer.json()[field]
    assert User.objects.count() == 1
    assert post(CONFIRM, data).status_code == 201


def test_half_a_surrogate_pair_is_rejected(post):
    """Half a surrogate pair is not part of a token, a username or a password."""
    for field in ("token", "username", "password"):
        answer = post(CONFIRM, details(**{field: "x\ud800"}))
        assert (answer.status_code, list(answer.json())) == (400, [field])


def test_the_token_must_be_a_string(post):
    """A registration without the token of a link gets a 400, whatever else it contains."""
    for token in (..., "x" * 4097):
        answer = post(CONFIRM, details(token=token, username=""))

        assert (answer.status_code, list(answer.json())) == (400, ["token"])


def test_the_email_of_the_link_is_registered(post):
    """The email of the link is registered, even if the request contains another email."""
    assert post(CONFIRM, details(email="grace@example.com", is_staff=True)).status_code == 201

    user = User.objects.get()
    assert (user.email, user.is_staff) == ("ada@example.com", False)


def test_a_username_that_was_taken_meanwhile_is_reported(post, monkeypatch):
    """If another user takes the username at the last moment, the response is 400, not 500."""

    def read_and_be_late(token):
        email = read_registration_link(token)
        User.objects.create_user("ADA", "grace@example.com", PASSWORD)
        return email

    with monkeypatch.context() as late:
        late.setattr("authentication.views.read_registration_link", read_and_be_late)
        answer = post(CONFIRM, details())

    assert_refused(answer, {"username": ["This username is already taken."]})
    assert connection.needs_rollback is False
    assert post(CONFIRM, details(username="countess")).status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("emails", "errors"),
    [
        (["ada@example.com"] * 8, DEAD_LINK),
        (
            [f"ada{number}@example.com" for number in range(8)],
            {"username": ["This username is already taken."]},
        ),
    ],
    ids=["one link", "one username"],
)
def test_one_of_eight_confirmations_at_once_succeeds(monkeypatch, emails, errors):
    """Eight valid requests write at the same moment. One of them gets an account.

    The constraints of the database decide, and `create` finds the one that failed.
    """
    together = threading.Barrier(8)
    create_user = User.objects.create_user

    def create_together(*arguments, **values):
        together.wait(timeout=30)
        return create_user(*arguments, **values)

    monkeypatch.setattr(User.objects, "create_user", create_together)
    answers = []

    def confirm(email):
        data = details(token=link_token(email))
        answers.append(APIClient().post(f"/api/{CONFIRM}", data, format="json"))
        connection.close()

    threads = [threading.Thread(target=confirm, args=(email,)) for email in emails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 7
    assert [answer.json() for answer in answers if answer.status_code == 400] == [errors] * 7
    assert (User.objects.count(), Session.objects.count()) == (1, 1)


def test_an_ip_address_is_limited_to_sixty_confirmations_a_minute(post, hour):
    """The 61st request of an IP address within a minute gets a 429, before it is read."""
    for _ in range(60):
        assert post(CONFIRM, {}).status_code == 400
    answer = post(CONFIRM, details())

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert post(CONFIRM, details(), address="192.0.2.2").status_code == 201


def test_an_old_token_is_ignored():
    """A client that registers may send an expired access token. It is ignored."""
    client = APIClient(headers={"Authorization": "Bearer old"})
    data = details(email="ada@example.com")

    for path in ["registration", CONFIRM]:
        answer = client.post(f"/api/{path}", data, format="json")
        assert answer.status_code == (201 if path == CONFIRM else 202)


def test_an_attacker_cannot_register_with_somebody_elses_email(post, user):
    """Mallory sends Ada's email and gets a response, but no account."""
    data = {"email": "ada@example.com", "username": "not_ada", "password": "of the thief"}
    answer = post("registration", data)

    assert_accepted(answer)
    assert list(User.objects.all()) == [user]
    assert Session.objects.count() == 0
    assert mailed() == [("You have an account already", "ada@example.com")]
