import re
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core import mail, signing
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from authentication import recovery
from authentication.links import CHANGE_EMAIL, RESET_PASSWORD, VERIFY_EMAIL, make_link
from authentication.models import Session, User
from authentication.throttles import MailThrottle

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another good one"
LINK = re.compile(r"^http://localhost:3000/([a-z-]+)#token=(\S+)$", re.MULTILINE)
ACCEPTED = {"detail": "If there is something to send, a mail is on its way."}
DEAD_LINK = {"token": ["The link is wrong, or used, or too old. Ask for another."]}
PASSWORD_CHANGED = ("Your password has changed", "ada@example.com")
DELETED = ("Your account is gone", "ada@example.com")
WRONG_PASSWORD = {"password": ["The password is wrong."]}

# Who may ask, and with what besides a token or a password.
PUBLIC = ["email/verify", "email/confirm", "password/reset", "password/confirm"]
OWN = ["email/resend", "email/change", "password/change", "me/delete"]
BODIES = {
    "email/verify": {"token": "x"},
    "email/confirm": {"token": "x"},
    "password/reset": {"email": "ada@example.com"},
    "password/confirm": {"token": "x", "new_password": NEW_PASSWORD},
    "email/resend": {},
    "email/change": {"email": "new@example.com", "password": PASSWORD},
    "password/change": {"password": PASSWORD, "new_password": NEW_PASSWORD},
    "me/delete": {"password": PASSWORD},
}


@pytest.fixture
def post(post):
    """Send a request, with what its address asks for unless a test says otherwise."""
    return lambda path, data=None, **more: post(
        path, BODIES[path] if data is None else data, **more
    )


@pytest.fixture
def grace(db):
    return User.objects.create_user("grace", "grace@example.com", PASSWORD)


def token_of(link):
    return LINK.search(link)[2]


def mailed():
    """Subject and recipient of each mail that was sent."""
    return [(message.subject, *message.to) for message in mail.outbox]


def mailed_token():
    """The token of the link in the last mail."""
    return token_of(mail.outbox[-1].body)


def link_token(purpose, user, email=None):
    return token_of(make_link(purpose, user, email or user.email))


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


def test_an_older_account_is_verified_by_mail(post, user, token):
    """An account from before asks for a link; who opens it has shown that the email is theirs."""
    assert_accepted(post("email/resend", token=token))
    assert mailed() == [("Verify your email", "ada@example.com")]
    assert mail.outbox[0].from_email == "api@localhost"
    purpose, verify = LINK.search(mail.outbox[0].body).groups()
    assert purpose == "verify-email"

    before = timezone.now()
    assert_done(post("email/verify", {"token": verify}))
    assert before <= User.objects.get().email_verified_at <= timezone.now()
    assert_refused(post("email/verify", {"token": verify}), DEAD_LINK)


def test_the_link_is_sent_again(post, user, token):
    """Whoever has lost the mail asks for another, as long as the email is not verified."""
    for _ in range(2):
        assert_accepted(post("email/resend", token=token))
    assert mailed() == [("Verify your email", "ada@example.com")] * 2
    assert_done(post("email/verify", {"token": mailed_token()}))
    assert_accepted(post("email/resend", token=token))
    assert len(mailed()) == 2


def test_an_unverified_account_is_an_account(user, token):
    """Who has not opened the link may log in all the same."""
    assert (login(), me(token)) == (200, 200)


def test_a_forgotten_password_is_reset(post, user, token):
    """A link sets a new password, ends all sessions and verifies the email, once."""
    assert_accepted(post("password/reset"))
    assert mailed() == [("Reset your password", "ada@example.com")]
    purpose, reset = LINK.search(mail.outbox[0].body).groups()
    assert purpose == "reset-password"
    assert me(token) == 200

    assert_done(post("password/confirm", {"token": reset, "new_password": NEW_PASSWORD}))
    assert Session.objects.count() == 0
    assert (login(), login(NEW_PASSWORD)) == (401, 200)
    assert User.objects.get().email_verified_at is not None
    mail.outbox.clear()
    again = post("password/confirm", {"token": reset, "new_password": "and one more, please"})
    assert_refused(again, DEAD_LINK)
    assert (login(NEW_PASSWORD), mailed()) == (200, [])


def test_a_reset_keeps_when_the_email_was_verified(post, user):
    """An email that is verified already stays verified since then."""
    then = timezone.now() - timedelta(days=1)
    User.objects.update(email_verified_at=then)
    reset = link_token(RESET_PASSWORD, user)
    post("password/confirm", {"token": reset, "new_password": NEW_PASSWORD})

    assert User.objects.get().email_verified_at == then


@pytest.mark.parametrize("email", ["ADA@example.com", " Ada@EXAMPLE.com", "ada@\uff45xample.com"])
def test_an_email_is_found_in_any_spelling(post, user, email):
    """The mail goes to the email as it is stored, however it was typed."""
    assert_accepted(post("password/reset", {"email": email}))
    assert mailed() == [("Reset your password", "ada@example.com")]


def test_an_unknown_email_gets_the_same_answer(post, user, django_assert_num_queries, hashed):
    """Known, unknown, deactivated, without a password: one answer, one query, nothing hashed."""
    User.objects.create_user("off", "off@example.com", PASSWORD, is_active=False)
    User.objects.create_user("none", "none@example.com")
    hashed.clear()
    for name in ["ada", "nobody", "off", "none"]:
        with django_assert_num_queries(1):
            assert_accepted(post("password/reset", {"email": f"{name}@example.com"}))

    assert mailed() == [("Reset your password", "ada@example.com")]
    assert hashed == []


def test_the_owner_hears_of_a_reset(post, user):
    """A password that was reset is told to the owner, who may not have been the one."""
    post(
        "password/confirm",
        {"token": link_token(RESET_PASSWORD, user), "new_password": NEW_PASSWORD},
    )

    assert mailed() == [PASSWORD_CHANGED]
    assert mail.outbox[0].body == (
        "Your account has another password now.\n\n"
        "If it was not you, reset it: then whoever it was is logged out.\n"
    )


def test_a_weak_password_is_refused_and_the_link_stays(post, user):
    """A new password keeps the rules, and a link is not used up by one that does not."""
    reset = link_token(RESET_PASSWORD, user)
    answer = post("password/confirm", {"token": reset, "new_password": "ada@example.com"})
    assert_refused(answer, {"new_password": ["The password is too similar to the email."]})
    assert mailed() == []

    assert_done(post("password/confirm", {"token": reset, "new_password": NEW_PASSWORD}))


def test_whoever_has_guessed_may_log_in_after_a_reset(post, user):
    """The count of wrong passwords begins anew with the new one."""
    reset = link_token(RESET_PASSWORD, user)
    for _ in range(11):
        login("wrong")
    assert login() == 429
    data = {"token": reset, "new_password": NEW_PASSWORD}
    assert_done(post("password/confirm", data, address="127.0.0.1"))

    assert login(NEW_PASSWORD) == 200


def test_a_new_password_ends_the_other_sessions(post, user, token, token_for):
    """Whoever changes the password stays logged in, and every other device is logged out."""
    other = token_for(user)
    assert_done(post("password/change", token=token))

    assert (me(token), me(other)) == (200, 401)
    assert (login(), login(NEW_PASSWORD)) == (401, 200)
    assert mailed() == [PASSWORD_CHANGED]


@pytest.mark.parametrize("path", ["password/change", "email/change", "me/delete"])
def test_the_password_is_asked_for(post, user, token, path):
    """A stolen token is not enough: with a wrong password nothing changes, and no mail is sent."""
    answer = post(path, BODIES[path] | {"password": "wrong"}, token=token)

    assert_refused(answer, WRONG_PASSWORD)
    assert (login(), me(token), mailed()) == (200, 200, [])


@pytest.mark.parametrize("path", ["password/change", "email/change", "me/delete"])
def test_guesses_at_the_password_are_counted(post, user, token, path):
    """After ten wrong passwords an hour the right one is refused too; a right one begins anew."""
    wrong = BODIES[path] | {"password": "wrong"}
    for _ in range(10):
        assert post(path, wrong, token=token).status_code == 400
    answer = post(path, token=token)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert post(path, token=token, address="192.0.2.2").status_code in (202, 204)


def test_a_right_password_begins_the_count_anew(post, token):
    """Nine wrong passwords, a right one, and nine wrong ones again."""
    for _ in range(2):
        for _ in range(9):
            wrong = {"password": "wrong", "email": "new@example.com"}
            assert_refused(post("email/change", wrong, token=token), WRONG_PASSWORD)
        assert_accepted(post("email/change", token=token))


def test_a_new_password_keeps_the_rules(post, user, token):
    """The new password is compared with its owner too."""
    data = {"password": PASSWORD, "new_password": "ada@example.com"}
    answer = post("password/change", data, token=token)

    assert_refused(answer, {"new_password": ["The password is too similar to the email."]})
    assert (login(), mailed()) == (200, [])


def test_the_new_email_proves_itself(post, user, token):
    """Nothing changes before the link is opened; the old email is told when, and before."""
    assert_accepted(post("email/change", token=token))
    assert mailed() == [
        ("Your email is about to change", "ada@example.com"),
        ("Your new email", "new@example.com"),
    ]
    assert User.objects.get().email == "ada@example.com"
    purpose, change = LINK.search(mail.outbox[1].body).groups()
    assert purpose == "change-email"
    assert LINK.search(mail.outbox[0].body) is None

    assert_done(post("email/confirm", {"token": change}))
    assert mailed()[2:] == [("Your email has changed", "ada@example.com")]
    changed = User.objects.get()
    assert (changed.email, changed.email_verified_at is not None) == ("new@example.com", True)
    assert (login(), login(email="new@example.com"), me(token)) == (401, 200, 200)
    assert_refused(post("email/confirm", {"token": change}), DEAD_LINK)


def test_a_taken_email_is_found_out_by_its_owner_only(post, user, grace, token):
    """The answer for a taken email is the same, and the mail tells its owner what has happened."""
    data = {"email": "GRACE@example.com", "password": PASSWORD}
    assert_accepted(post("email/change", data, token=token))

    assert mailed() == [
        ("Your email is about to change", "ada@example.com"),
        ("You have an account already", "grace@example.com"),
    ]


def test_who_was_deactivated_hears_of_nothing(post, user, grace, token):
    """The email of a deactivated account is not free, and nobody is told to log in to it."""
    User.objects.filter(pk=grace.pk).update(is_active=False)
    data = {"email": "grace@example.com", "password": PASSWORD}
    assert_accepted(post("email/change", data, token=token))

    assert mailed() == [("Your email is about to change", "ada@example.com")]


def test_the_case_of_ones_own_email_can_be_changed(post, user, token):
    """One's own email in another case is not taken by somebody else."""
    data = {"email": "Ada@example.com", "password": PASSWORD}
    assert_accepted(post("email/change", data, token=token))
    assert_done(post("email/confirm", {"token": mailed_token()}))

    assert User.objects.get().email == "Ada@example.com"


def test_an_email_that_was_taken_meanwhile_is_refused(post, user):
    """Whoever registers with the new email first has it; the link is dead, and nothing crashes."""
    change = link_token(CHANGE_EMAIL, user, "grace@example.com")
    User.objects.create_user("grace", "GRACE@example.com", PASSWORD)

    assert_refused(post("email/confirm", {"token": change}), DEAD_LINK)
    assert User.objects.get(pk=user.pk).email == "ada@example.com"
    assert mailed() == []


def test_an_account_is_deleted(post, user, grace, token, token_for):
    """The account goes with its sessions, and nobody else's; its owner is told."""
    others = token_for(grace)
    assert_done(post("me/delete", token=token))

    assert list(User.objects.all()) == [grace]
    assert (me(token), me(others), login()) == (401, 200, 401)
    assert mailed() == [DELETED]
    assert mail.outbox[0].body == (
        "Your account has been deleted, and all that belonged to it.\n\n"
        "If it was not you, somebody knows your password: use it nowhere any more.\n"
    )


@pytest.mark.django_db(transaction=True)
def test_an_account_is_not_deleted_in_the_middle_of_a_login(user):
    """The session and what listens to the login succeed together: the row is locked for both."""
    seen = []

    def receiver(sender, **signal):
        seen.append(connection.in_atomic_block)

    user_logged_in.connect(receiver)
    status = login()
    user_logged_in.disconnect(receiver)

    assert (status, seen) == (200, [True])


LINKS = [
    (VERIFY_EMAIL, "email/verify"),
    (CHANGE_EMAIL, "email/confirm"),
    (RESET_PASSWORD, "password/confirm"),
]


@pytest.mark.parametrize(("purpose", "path"), LINKS)
def test_a_link_is_good_for_an_hour(post, user, monkeypatch, purpose, path):
    """After an hour a link is dead, and tells no more than any other dead one."""
    token = link_token(purpose, user)
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 3605)
    assert_refused(post(path, BODIES[path] | {"token": token}), DEAD_LINK)
    monkeypatch.setattr(signing.time, "time", lambda: now + 3595)
    assert_done(post(path, BODIES[path] | {"token": token}))


@pytest.mark.parametrize(("purpose", "path"), LINKS)
@pytest.mark.parametrize("change", ["email", "active", "deleted"])
def test_a_link_dies_with_what_it_was_made_for(post, user, purpose, path, change):
    """Another email, a deactivation, a deletion: a link from before is good for nothing.

    What comes with a dead link is not looked at.
    """
    token = link_token(purpose, user)
    if change == "email":
        User.objects.update(email="countess@example.com")
    elif change == "active":
        User.objects.update(is_active=False)
    else:
        user.delete()

    assert_refused(post(path, {"token": token, "new_password": "weak"}), DEAD_LINK)


@pytest.mark.parametrize(("purpose", "path"), LINKS[1:])
def test_a_link_dies_with_a_new_password(post, user, purpose, path):
    """Whoever changes the password ends what somebody else has begun with the old one."""
    token = link_token(purpose, user)
    user.set_password(NEW_PASSWORD)
    user.save()

    assert_refused(post(path, BODIES[path] | {"token": token}), DEAD_LINK)


def test_a_link_to_verify_survives_a_new_password(post, user):
    """The email is still the same, and so is the link that verifies it."""
    token = link_token(VERIFY_EMAIL, user)
    user.set_password(NEW_PASSWORD)
    user.save()

    assert_done(post("email/verify", {"token": token}))


@pytest.mark.parametrize(("purpose", "_"), LINKS)
@pytest.mark.parametrize(("other", "path"), LINKS)
def test_no_link_stands_in_for_another(post, user, purpose, _, other, path):
    """A link is good for the one thing that it was sent for."""
    token = link_token(purpose, user)
    answer = post(path, BODIES[path] | {"token": token})

    assert answer.status_code == (204 if purpose == other else 400)


@pytest.mark.parametrize("path", ["email/verify", "email/confirm", "password/confirm"])
@pytest.mark.parametrize("token", ["x", "a:b:c", "::", "\u20ac", "x" * 4096, "[1]", "null"])
def test_something_that_is_no_link_is_refused(post, path, token, django_assert_num_queries):
    """Whatever comes as a token, the answer is one and the same, and the database is not asked."""
    with django_assert_num_queries(0):
        assert_refused(post(path, BODIES[path] | {"token": token}), DEAD_LINK)


def test_a_link_signed_by_another_key_is_refused(post, user, settings):
    """Only the server can make a link."""
    settings.SECRET_KEY, before = "k" * 50, settings.SECRET_KEY
    token = link_token(VERIFY_EMAIL, user)
    settings.SECRET_KEY = before

    assert_refused(post("email/verify", {"token": token}), DEAD_LINK)


def test_a_link_does_not_show_the_password(user):
    """A link holds an id, an email and a fingerprint; not the hash of the password."""
    token = link_token(RESET_PASSWORD, user)
    content = signing.loads(token, salt="authentication.reset-password")

    assert content[:2] == [user.pk, "ada@example.com"]
    assert re.fullmatch("[0-9a-f]{64}", content[2])


# What the owner of an account hears, once it has happened.
TOLD = {
    "email/verify": [],
    "email/confirm": [("Your email has changed", "ada@example.com")],
    "password/confirm": [PASSWORD_CHANGED],
    "password/change": [PASSWORD_CHANGED],
    "me/delete": [DELETED],
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [*(path for _, path in LINKS), "password/change", "me/delete"])
def test_of_eight_at_once_one_wins(user, token, monkeypatch, path):
    """Eight have all been found right, and come at the same moment: one gets what it asked for.

    The owner gets one mail, if any.

    `update_if_same` has to look and write in one step.
    """
    links = {path: purpose for purpose, path in LINKS}
    together = threading.Barrier(8)
    update = recovery.update_if_same

    def update_together(*arguments, **values):
        together.wait(timeout=30)
        return update(*arguments, **values)

    monkeypatch.setattr("authentication.recovery.update_if_same", update_together)
    monkeypatch.setattr("authentication.links.update_if_same", update_together)
    data = dict(BODIES[path])
    if path in links:
        data["token"] = link_token(links[path], user, "new@example.com")
    answers = []

    def ask(number):
        headers = {"Authorization": f"Bearer {token}"}
        client = APIClient(headers=headers, REMOTE_ADDR=f"192.0.2.{number}")
        answers.append(client.post(f"/api/{path}", data, format="json"))
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [204] + [400] * 7
    losers = [answer.json() for answer in answers if answer.status_code == 400]
    assert losers == [DEAD_LINK if path in links else WRONG_PASSWORD] * 7
    assert mailed() == TOLD[path]


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("slash", ["", "/"])
def test_what_is_ones_own_is_behind_the_door(client, user, path, slash):
    """Without a token the answer is 401, also for whoever comes with the cookie of the admin."""
    client.force_login(user)
    answer = client.post(f"/api/{path}{slash}", BODIES[path], content_type="application/json")

    assert answer.status_code == 401
    assert answer.json() == {"detail": "Authentication credentials were not provided."}
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert User.objects.count() == 1


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("slash", ["", "/"])
def test_what_is_public_reads_no_token(path, slash):
    """Whoever has forgotten a password comes with an old token, and is not refused for it."""
    client = APIClient(headers={"Authorization": "Bearer old"})

    answer = client.post(f"/api/{path}{slash}", BODIES[path], format="json")
    assert answer.status_code == (202 if path == "password/reset" else 400)


@pytest.mark.parametrize("path", [path for path in BODIES if path != "email/resend"])
def test_an_address_asks_sixty_times_a_minute(post, token, monkeypatch, path):
    """The 61st request of an address within a minute is answered by 429, whatever it asks for."""
    monkeypatch.setattr("authentication.throttles.AddressThrottle.timer", lambda throttle: 60)
    for _ in range(60):
        post(path, [], token=token)
    answer = post(path, [], token=token)

    assert answer.status_code == 429
    assert answer.json() == {"detail": "Request was throttled. Expected available in 60 seconds."}
    assert answer["Retry-After"] == "60"
    assert post(path, [], token=token, address="192.0.2.2").status_code != 429


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_an_email_gets_ten_mails_an_hour(post, user, email):
    """Whoever asks, from wherever: the eleventh mail is refused, known or not."""
    for number in range(10):
        assert_accepted(post("password/reset", {"email": email}, address=f"192.0.2.{number}"))
    answer = post("password/reset", {"email": email.upper()}, address="192.0.2.99")

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600


def test_mails_have_a_rate_of_their_own(post, monkeypatch):
    """How many mails an email gets is no matter of how often one may guess."""
    monkeypatch.setitem(MailThrottle.THROTTLE_RATES, "mail", "2/hour")

    assert [post("password/reset").status_code for _ in range(3)] == [202, 202, 429]


@pytest.mark.parametrize("path", ["email/resend", "email/change"])
def test_who_has_logged_in_sends_ten_mails_an_hour(post, user, token, path):
    """Ten mails to one email, and then a 429."""
    statuses = [post(path, token=token).status_code for _ in range(11)]

    assert statuses == [202] * 10 + [429]


@pytest.mark.parametrize(
    "email",
    ["ada@example.com\nBcc: x@example.com", "ada@example.com\r\n\r\nHello", "a@b@example.com"],
)
@pytest.mark.parametrize("path", ["password/reset", "email/change"])
def test_nobody_writes_the_headers_of_a_mail(post, user, token, path, email):
    """What is more than an email is refused, before a mail is made of it."""
    answer = post(path, BODIES[path] | {"email": email}, token=token)

    assert_refused(answer, {"email": ["Enter a valid email address."]})
    assert mailed() == []


FIELDS = [(path, field) for path, body in BODIES.items() for field in body]


@pytest.mark.parametrize(("path", "field"), FIELDS)
@pytest.mark.parametrize("value", [..., None, "", [], {}, True, "x\0", "x\ud800", "x" * 5000])
def test_a_field_has_to_be_a_text(post, user, token, path, field, value):
    """What is missing, no text, too long or not storable is answered by 400, at its field."""
    data = {name: text for name, text in (BODIES[path] | {field: value}).items() if text is not ...}
    answer = post(path, data, token=token)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert mailed() == []


@pytest.mark.parametrize(
    ("path", "field", "most"),
    [
        ("email/verify", "token", 4096),
        ("password/confirm", "new_password", 4096),
        ("password/change", "new_password", 4096),
        ("me/delete", "password", 4096),
        ("password/reset", "email", 254),
    ],
)
def test_a_field_has_an_end(post, token, path, field, most):
    """The last character that is too many is refused, and the one before is not."""
    domain = f"{'b' * 60}.{'c' * 60}.{'d' * 60}.com"
    refused = {field: [f"Ensure this field has no more than {most} characters."]}
    for length in (most, most + 1):
        text = "long one " * 500
        if field == "email":
            text = f"{'a' * 60}@{'a' * (length - len(domain) - 62)}.{domain}"
        answer = post(path, BODIES[path] | {field: text[:length]}, token=token)
        assert (answer.json() == refused if answer.content else False) is (length > most)


NAMES = {
    "email_verify": "email/verify",
    "email_resend": "email/resend",
    "email_change": "email/change",
    "email_confirm": "email/confirm",
    "password_change": "password/change",
    "password_reset": "password/reset",
    "password_confirm": "password/confirm",
    "user_delete": "me/delete",
}


@pytest.mark.parametrize("name", NAMES)
def test_each_address_has_a_name(name):
    """Code asks for an address by its name, here as everywhere."""
    assert reverse(name) == f"/api/{NAMES[name]}"


@pytest.mark.parametrize("path", [path for path in BODIES if path != "email/resend"])
@pytest.mark.parametrize("body", [[], "text", 1])
def test_a_body_has_to_be_an_object(post, token, path, body):
    """JSON that is no object is answered by 400."""
    answer = post(path, body, token=token)

    assert answer.status_code == 400
    assert list(answer.json()) == ["non_field_errors"]


def test_a_password_is_taken_as_it_was_typed(post, user, token):
    """Spaces before and after a new password belong to it."""
    new = "  two spaces on both sides  "
    assert_done(post("password/change", {"password": PASSWORD, "new_password": new}, token=token))

    assert (login(new), login(new.strip())) == (200, 401)
