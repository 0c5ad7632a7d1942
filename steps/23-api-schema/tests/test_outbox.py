import signal
import threading
import time
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from authentication import outbox
from authentication.links import REGISTER
from authentication.mail import DELETED, PASSWORD_CHANGED
from authentication.management.commands import sendmail
from authentication.models import Mail, User
from authentication.outbox import send, send_later, send_next

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery staple"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def leave_it_to_the_worker(settings):
    """Send no email at once, as in production."""
    settings.MAIL_AT_ONCE = False


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test can move forward. It starts when everything is due."""

    class Clock:
        now = timezone.now() + MINUTE

        def advance(self, step):
            self.now += step

    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def down(monkeypatch):
    """A mail server that refuses every connection."""

    def refuse(message):
        raise ConnectionRefusedError("ada@example.com")

    monkeypatch.setattr(EmailMessage, "send", refuse)


@pytest.fixture
def signals():
    """Restore the signal handlers, which the worker replaces."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def timers(monkeypatch):
    """The timers that the worker starts. None of them runs."""
    timers = []

    class FakeTimer:
        daemon = False

        def __init__(self, *arguments):
            self.arguments = arguments

        def start(self):
            timers.append((*self.arguments, self.daemon))

    monkeypatch.setattr(sendmail, "Timer", FakeTimer)
    return timers


def mailed():
    """Subject and recipient of each email that was sent."""
    return [(message.subject, *message.to) for message in mail.outbox]


def rows():
    """The emails in the outbox."""
    return list(Mail.objects.order_by("pk").values_list("kind", "email", "tries"))


def test_an_email_waits_in_the_database():
    """The row contains no text. The worker writes the text and sends it."""
    send_later(DELETED, "ada@example.com")

    assert rows() == [("deleted", "ada@example.com", 0)]
    row = Mail.objects.get()
    assert str(row) == f"deleted since {row.created_at:%Y-%m-%d %H:%M}"
    assert mailed() == []

    assert send_next() is True
    assert mailed() == [("Your account has been deleted", "ada@example.com")]
    assert (rows(), send_next()) == ([], False)


def test_the_email_that_waits_longest_is_sent_first(clock):
    """Emails are sent in the order in which they are due."""
    for name in ("ada", "grace", "alan"):
        send_later(DELETED, f"{name}@example.com")
        clock.advance(MINUTE)
    Mail.objects.filter(email="ada@example.com").update(due=clock.now)
    while send_next():
        pass

    assert [message.to for message in mail.outbox] == [
        ["grace@example.com"],
        ["alan@example.com"],
        ["ada@example.com"],
    ]


def test_an_email_that_cannot_be_sent_is_retried(clock, down, monkeypatch, caplog):
    """While the mail server is down, an email waits 1, 2, 4 … minutes. Later it is sent."""
    send_later(DELETED, "ada@example.com")
    pk = Mail.objects.get().pk
    for minutes in (1, 2, 4):
        assert (send_next(), send_next()) == (True, False)
        assert Mail.objects.get().due == clock.now + minutes * MINUTE
        clock.advance(minutes * MINUTE)
    assert rows() == [("deleted", "ada@example.com", 3)]
    assert caplog.messages == [f"Email {pk} could not be sent: ConnectionRefusedError."] * 3

    monkeypatch.undo()
    Mail.objects.update(due=timezone.now())
    assert send_next() is True
    assert (mailed(), rows()) == ([("Your account has been deleted", "ada@example.com")], [])


def test_an_email_is_given_up_after_ten_attempts(clock, down, caplog):
    """An email that cannot be sent is given up. The log says so, without the email address."""
    send_later(DELETED, "ada@example.com")
    row = Mail.objects.get()
    began = clock.now
    for tries in range(1, 11):
        assert send_next() is True
        assert rows() == [("deleted", "ada@example.com", tries)]
        last_try, clock.now = clock.now, Mail.objects.get().due
    assert last_try - began == 511 * MINUTE

    assert (send_next(), rows(), mailed()) == (True, [], [])
    assert caplog.messages[-1] == f"Email {row.pk} of {row.created_at} was given up."
    assert len(caplog.messages) == 11
    assert "ada@" not in caplog.text


def test_a_killed_worker_loses_no_email(clock, monkeypatch):
    """If a worker is killed while it sends an email, the email is due again after a minute."""

    def killed(message):
        raise SystemExit

    send_later(DELETED, "ada@example.com")
    with monkeypatch.context() as kill:
        kill.setattr(EmailMessage, "send", killed)
        with pytest.raises(SystemExit):
            send_next()
    assert (send_next(), mailed()) == (False, [])

    clock.advance(MINUTE)
    assert (send_next(), mailed()) == (True, [("Your account has been deleted", "ada@example.com")])
    assert rows() == []


def test_eight_workers_send_an_email_once(monkeypatch):
    """Eight workers read the same row at once. One of them sends the email.

    The row stays until all eight have tried, so only the comparison of `due` decides.
    """
    send_later(DELETED, "ada@example.com")
    together, tried = threading.Barrier(8), threading.Barrier(8)
    senders = []

    def wait_and_send(message):
        senders.append(threading.get_ident())
        tried.wait(timeout=30)

    monkeypatch.setattr(EmailMessage, "send", wait_and_send)

    def work():
        row = Mail.objects.get()
        together.wait(timeout=30)
        send(row)
        if threading.get_ident() not in senders:
            tried.wait(timeout=30)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(senders), rows()) == (1, [])


def test_nothing_is_locked_while_the_mail_server_answers(monkeypatch):
    """The mail server can be slow, so no transaction is open, and the row is due again later."""
    seen = []

    def look(message):
        (row,) = Mail.objects.all()
        seen.append((connection.in_atomic_block, row.due > timezone.now(), row.tries))

    monkeypatch.setattr(EmailMessage, "send", look)
    send_later(DELETED, "ada@example.com")
    send_next()

    assert seen == [(False, True, 1)]


def test_the_worker_sends_what_is_due_and_waits(signals, timers, monkeypatch):
    """The worker looks for emails every second, until it gets a signal."""
    waited = []

    def wait(seconds):
        waited.append((seconds, len(mail.outbox)))
        send_later(DELETED, "grace@example.com")
        if len(waited) == 2:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(time, "sleep", wait)
    send_later(DELETED, "ada@example.com")
    call_command("sendmail")

    assert waited == [(1, 1), (1, 2)]
    assert rows() == [("deleted", "grace@example.com", 0)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_finishes_its_email_before_it_stops(signals, timers, monkeypatch, number):
    """A worker that gets a signal finishes its email and exits within 5 seconds."""
    sent = []

    def stop_and_send(message):
        signal.raise_signal(number)
        sent.append(message.to)

    monkeypatch.setattr(EmailMessage, "send", stop_and_send)
    for name in ("ada", "grace"):
        send_later(DELETED, f"{name}@example.com")
    call_command("sendmail")

    assert sent == [["ada@example.com"]]
    assert rows() == [("deleted", "grace@example.com", 0)]
    assert timers == [(5, sendmail.os._exit, [0], True)]


def test_the_worker_can_stop_when_nothing_is_due(signals):
    """With `--once` it sends all emails that are due, and stops."""
    for name in ("ada", "grace"):
        send_later(DELETED, f"{name}@example.com")
    call_command("sendmail", "--once")

    assert (len(mailed()), rows()) == (2, [])


# The rows that a request to each endpoint writes.
OFF, NOBODY = "off@example.com", "nobody@example.com"
ENDPOINTS = {
    "registration": [("register", None)],
    "password/reset": [("reset-password", None)],
    "email/change": [("change-asked", None), ("change-email", "ada")],
}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_requests_do_the_same_work_for_every_email(user, token, hashed, path):
    """Known, unknown, deactivated: the same queries, rows, hashes and bytes.

    Otherwise the time of the response reveals who has an account.
    """
    User.objects.create_user("grace", "grace@example.com", PASSWORD)
    User.objects.create_user("off", OFF, PASSWORD, is_active=False)
    User.objects.create_user("none", "none@example.com")
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    seen = []
    for email in ["grace@example.com", NOBODY, OFF, "none@example.com"]:
        hashed.clear()
        Mail.objects.all().delete()
        statements = []

        def note(execute, sql, params, many, context, statements=statements):
            statements.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            answer = client.post(f"/api/{path}", {"email": email, "password": PASSWORD}, "json")
        written = [
            (row.kind, row.user and row.user.username, row.email.replace(email, "typed"))
            for row in Mail.objects.select_related("user").order_by("pk")
        ]
        headers = sorted(answer.items())
        seen.append((statements, written, hashed[:], answer.status_code, answer.content, headers))

    assert seen == [seen[0]] * 4
    statements, written, _, status, _, _ = seen[0]
    assert [row[:2] for row in written] == ENDPOINTS[path]
    assert status == 202
    if path != "email/change":
        assert [sql.split(" (")[0] for sql in statements] == ['INSERT INTO "authentication_mail"']


def test_a_resend_does_the_same_work_for_verified_and_unverified_emails(user, token):
    """The request writes a row in both cases. The worker sends an email only in the first."""
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    seen = []
    for verified_at in (None, timezone.now()):
        User.objects.update(email_verified_at=verified_at)
        statements = []

        def note(execute, sql, params, many, context, statements=statements):
            statements.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            answer = client.post("/api/email/resend")
        seen.append((statements, answer.status_code, answer.content))
        send_next()

    assert seen[0] == seen[1]
    assert (mailed(), rows()) == ([("Verify your email", "ada@example.com")], [])


def test_the_account_is_looked_up_when_the_email_is_sent(user):
    """The worker looks up who has the email address, not the request."""
    for email in ("ada@example.com", "grace@example.com"):
        send_later(REGISTER, email)
    User.objects.update(email="grace@example.com")
    while send_next():
        pass

    assert mailed() == [
        ("Your new account", "ada@example.com"),
        ("You have an account already", "grace@example.com"),
    ]


@pytest.mark.parametrize("kind", [DELETED, PASSWORD_CHANGED])
def test_an_email_is_sent_after_its_account_is_deleted(user, kind):
    """An account is deleted before the worker sends an email. Its owner is still notified."""
    send_later(kind, user.email)
    user.delete()

    assert (send_next(), len(mailed())) == (True, 1)


def test_emails_are_sent_at_once_in_development(settings):
    """With `MAIL_AT_ONCE` an email is sent without a worker. An older email still waits."""
    send_later(DELETED, "grace@example.com")
    settings.MAIL_AT_ONCE = True
    send_later(DELETED, "ada@example.com")

    assert mailed() == [("Your account has been deleted", "ada@example.com")]
    assert rows() == [("deleted", "grace@example.com", 0)]
    assert outbox.MOST_TRIES == 10
