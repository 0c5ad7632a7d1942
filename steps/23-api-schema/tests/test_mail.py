import logging
import re
import socket

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command
from django.db import transaction
from rest_framework.test import APIClient

from authentication import mail
from authentication.links import (
    CHANGE_EMAIL,
    RESET_PASSWORD,
    VERIFY_EMAIL,
    make_link,
    make_registration_link,
)
from authentication.models import Mail
from authentication.outbox import send_later

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery staple"
BODIES = {
    "password/change": {"password": PASSWORD, "new_password": "another good one"},
    "me/delete": {"password": PASSWORD},
}
SUBJECTS = {
    "password/change": "Your password has changed",
    "me/delete": "Your account has been deleted",
}


PATHS = {
    VERIFY_EMAIL: "email/verify",
    CHANGE_EMAIL: "email/confirm",
    RESET_PASSWORD: "password/confirm",
}
# The loggers that production writes at INFO: ours and Django's, but not the one of the test server.
OURS = ("authentication", "config", "django.request", "django.security", "django.server")


class Mailbox:
    """The handler of an SMTP server, which keeps each email."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope)
        return "250 Kept"


class Refusing:
    """An SMTP server that refuses every recipient, and names the address when it does."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        return f"550 No such user: {address}"


@pytest.fixture
def port(settings):
    """A port that no server uses. Django sends emails to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    return port


@pytest.fixture
def refusing(port):
    """A mail server that refuses every email."""
    controller = Controller(Refusing(), hostname="127.0.0.1", port=port)
    controller.start()
    yield controller
    controller.stop()


def test_a_mail_server_gets_the_email(port):
    """The email reaches a real SMTP server: one recipient, one line of subject, and the text."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    send_later(mail.DELETED, "ada@example.com")
    controller.stop()

    (received,) = mailbox.mails
    assert (received.mail_from, received.rcpt_tos) == ("api@localhost", ["ada@example.com"])
    head, text = received.content.decode().split("\r\n\r\n", 1)
    subject = "\r\nSubject: Your account has been deleted"
    assert f"{subject}\r\nFrom: api@localhost\r\nTo: ada@example.com" in head
    assert text.startswith("Your account has been deleted, and everything that belonged to it.")
    assert Mail.objects.count() == 0


@pytest.mark.parametrize("path", BODIES)
def test_the_owner_is_notified(post, user, token, mailoutbox, path):
    """After a change of the password and after a deletion, the owner gets one email."""
    assert post(path, BODIES[path], token).status_code in (200, 204)

    assert [(message.subject, message.to) for message in mailoutbox] == [
        (SUBJECTS[path], ["ada@example.com"])
    ]


def test_nobody_is_notified_of_a_wrong_password(post, token):
    """With a wrong password nothing changes, so no email is written."""
    for path in BODIES:
        assert post(path, BODIES[path] | {"password": "wrong"}, token).status_code == 400

    assert Mail.objects.count() == 0


def test_no_email_is_sent_when_the_transaction_fails(mailoutbox):
    """An email is sent after its transaction. If that is rolled back, there is no email."""
    with transaction.atomic():
        send_later(mail.DELETED, "ada@example.com")
        assert mailoutbox == []
    assert [message.subject for message in mailoutbox] == ["Your account has been deleted"]

    with transaction.atomic():
        send_later(mail.DELETED, "ada@example.com")
        transaction.set_rollback(True)
    assert (len(mailoutbox), Mail.objects.count()) == (1, 0)


def test_a_mail_server_that_is_down_changes_no_response(user, token, port, caplog):
    """If the email cannot be sent, the request still succeeds, and the log says why."""
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    answer = client.post("/api/me/delete", BODIES["me/delete"], format="json")

    assert answer.status_code == 204
    (row,) = Mail.objects.all()
    assert caplog.messages == [f"Email {row.pk} could not be sent: ConnectionRefusedError."]


@pytest.mark.parametrize(
    ("email", "error"),
    [
        pytest.param("ada@example.com", "SMTPRecipientsRefused", id="refused"),
        pytest.param("=?utf-8?q??=@example.com", "IndexError", id="not readable"),
    ],
)
def test_the_log_contains_no_email_address(refusing, caplog, email, error):
    """The error of a mail server contains the email address. Only its type is logged.

    The second address is one that Python itself cannot read.
    """
    send_later(mail.DELETED, email)

    (row,) = Mail.objects.all()
    assert caplog.messages == [f"Email {row.pk} could not be sent: {error}."]
    assert email not in caplog.text


def test_no_endpoint_logs_an_email_address(user, token_for, refusing, caplog):
    """The mail server refuses every email. No line of the log has an email address or a secret."""
    caplog.set_level("DEBUG")
    password, new_password = "correct horse battery staple", "another good one"
    token = token_for(user)
    links = {
        path: make_link(purpose, user, "new@example.com").partition("#token=")[2]
        for purpose, path in PATHS.items()
    }
    new = make_registration_link("grace@example.com").partition("#token=")[2]
    secrets = ["ada@", "new@", "grace@", "nobody@", password, new_password, token, new]
    secrets += links.values()
    requests = [
        ("registration", {"email": "nobody@example.com"}),
        ("registration", {"email": "ada@example.com"}),
        ("registration/confirm", {"token": new, "username": "grace", "password": password}),
        ("login", {"email": "ada@example.com", "password": "wrong"}),
        ("login", {"email": "ada@example.com", "password": password}),
        ("refresh", {"refresh_token": token}),
        ("password/reset", {"email": "ada@example.com"}),
        ("email/resend", {}),
        ("email/change", {"email": "new@example.com", "password": password}),
        ("email/verify", {"token": links["email/verify"]}),
        ("email/confirm", {"token": links["email/confirm"]}),
        ("password/confirm", {"token": links["password/confirm"], "new_password": new_password}),
        ("password/change", {"password": password, "new_password": new_password}),
        ("me/delete", {"password": new_password}),
    ]
    for path, data in requests:
        client = APIClient(headers={"Authorization": f"Bearer {token}"})
        answer = client.post(f"/api/{path}", data, format="json")
        if path in ("login", "password/change") and answer.status_code == 200:
            token = answer.json()["access_token"]
            secrets += [token, answer.json()["refresh_token"]]

    assert Mail.objects.count() >= 5
    assert "SMTPRecipientsRefused" in caplog.text
    mine = [record for record in caplog.records if record.name.startswith(OURS)]
    logged = "".join(logging.Formatter().format(record) for record in mine)
    assert [secret for secret in secrets if secret in logged] == []


@pytest.mark.parametrize("usable", ["true", "false"])
def test_the_owner_is_notified_of_a_password_from_the_admin(admin_client, user, mailoutbox, usable):
    """A password that is set in the admin sends an email. Taking a password away sends none."""
    passwords = {"password1": "another good one", "password2": "another good one"}
    url = f"/admin/authentication/user/{user.pk}/password/"
    page = admin_client.post(url, {"usable_password": usable} | passwords)

    assert page.status_code == 302
    notified = ["Your password has changed"] if usable == "true" else []
    assert [message.subject for message in mailoutbox] == notified


def test_the_owner_is_notified_of_a_password_from_the_command_line(user, monkeypatch, mailoutbox):
    """`changepassword` sends an email too."""
    monkeypatch.setattr("getpass.getpass", lambda prompt: "another good one")
    call_command("changepassword", "ada@example.com")

    assert [message.subject for message in mailoutbox] == ["Your password has changed"]


def test_no_email_is_sent_about_a_first_password(user):
    """A new account sends no email, and neither does one that is saved with its old password."""
    user.username = "countess"
    user.save()

    assert Mail.objects.count() == 0


def test_an_email_that_python_cannot_encode_is_logged(caplog):
    """An email whose domain is too long in ASCII stays in the outbox, and the log says why."""
    send_later(mail.TAKEN, "ada@" + "\u00fc" * 63 + ".com")

    (row,) = Mail.objects.all()
    assert re.fullmatch(rf"Email {row.pk} could not be sent: Unicode\w*Error.", *caplog.messages)


def test_an_email_has_a_subject_and_a_text():
    """The first line of a template is the subject."""
    for kind in [mail.PASSWORD_CHANGED, mail.DELETED]:
        message = mail.compose(Mail(kind=kind, email="ada@example.com"))

        assert message.subject.startswith("Your ")
        assert message.body.startswith("Your account has")
        assert message.to == ["ada@example.com"]
