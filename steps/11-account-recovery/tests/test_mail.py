import socket
import threading

import pytest
from aiosmtpd.controller import Controller
from django.core.mail import EmailMessage
from django.db import transaction
from rest_framework.test import APIClient

from authentication import mail

pytestmark = pytest.mark.django_db(transaction=True)

SUBMIT = mail.sender.submit
ACCEPTED = {"detail": "If there is something to send, a mail is on its way."}


class Mailbox:
    """What an SMTP server hands its mail to: it keeps each one."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope)
        return "250 Kept"


@pytest.fixture
def port(settings):
    """A port of this machine that nobody listens at, where the mail is sent to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    return port


def ask_for_a_reset(email="ada@example.com"):
    return APIClient().post("/api/password/reset", {"email": email}, format="json")


def test_a_mail_server_gets_the_mail(user, port):
    """The mail reaches a real SMTP server: one recipient, one line of subject, and the link."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    answer = ask_for_a_reset()
    controller.stop()

    assert (answer.status_code, answer.json()) == (202, ACCEPTED)
    (received,) = mailbox.mails
    assert (received.mail_from, received.rcpt_tos) == ("api@localhost", ["ada@example.com"])
    head, text = received.content.decode().split("\r\n\r\n", 1)
    assert "\r\nSubject: Reset your password\r\nFrom: api@localhost\r\nTo: ada@example.com" in head
    assert "\r\n\r\nhttp://localhost:3000/reset-password#token=" in text


def test_what_is_rolled_back_is_told_to_nobody(mailoutbox):
    """Mail is sent after the transaction, and none is sent when it fails."""
    with transaction.atomic():
        mail.send_later(mail.DELETED, "ada@example.com")
        assert mailoutbox == []
    assert [message.subject for message in mailoutbox] == ["Your account is gone"]

    with transaction.atomic():
        mail.send_later(mail.DELETED, "ada@example.com")
        transaction.set_rollback(True)
    assert len(mailoutbox) == 1


def test_a_mail_server_that_is_down_tells_nothing(user, port, caplog):
    """When the mail cannot be sent, the answer is the same, and the log says why."""
    answer = ask_for_a_reset()

    assert (answer.status_code, answer.json()) == (202, ACCEPTED)
    (record,) = [record for record in caplog.records if record.name == "authentication.mail"]
    assert record.message == "A mail could not be sent."
    assert record.exc_info[0] is ConnectionRefusedError


def test_an_email_that_cannot_be_written_to_tells_nothing(user, caplog):
    """A domain that passes for one, and is too long when mail spells it in ASCII, is no crash."""
    user.email = "ada@" + "\u00fc" * 63 + ".com"
    user.save()
    answer = ask_for_a_reset(user.email)

    assert (answer.status_code, answer.json()) == (202, ACCEPTED)
    assert "A mail could not be sent." in caplog.messages


def test_nobody_waits_for_the_mail(user, monkeypatch):
    """The answer is there before the mail is: its time does not tell whether there is any.

    One thread sends all mail, and its name says so.
    """
    answered = threading.Event()
    sent = []

    def wait_and_send(message):
        sent.append((answered.wait(30), threading.current_thread().name))

    monkeypatch.setattr(mail.sender, "submit", SUBMIT)
    monkeypatch.setattr(EmailMessage, "send", wait_and_send)
    statuses = [ask_for_a_reset().status_code for _ in range(3)]
    answered.set()
    SUBMIT(lambda: None).result()

    assert statuses == [202] * 3
    assert sent == [(True, "mail_0")] * 3
