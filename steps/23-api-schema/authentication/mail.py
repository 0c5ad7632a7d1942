from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from .links import (
    CHANGE_EMAIL,
    REGISTER,
    RESET_PASSWORD,
    VERIFY_EMAIL,
    find_unchanged,
    make_link,
    make_registration_link,
)
from .models import User

# Each kind of email has a template with its name. An email with a link is named after its link.
TAKEN = "taken"
PASSWORD_CHANGED = "password-changed"
CHANGE_ASKED = "change-asked"
CHANGED = "changed"
DELETED = "deleted"


def can_reach(email):
    """
    Checks that an email to this address is not delivered to another one. Python would
    send an email for `straße.example` to `strasse.example`.
    """
    name, _, domain = email.rpartition("@")

    try:
        same = domain.encode("idna").decode("idna") == domain
    except UnicodeError:
        same = False

    return same and name.isascii()


def compose(mail):
    """
    Returns the email for a row of the outbox, or None if nobody is to get one.
    """
    compose_with_link = WITH_LINK.get(mail.kind)

    if compose_with_link:
        return compose_with_link(mail)

    return _message(mail.kind, mail.email)


def _registration(mail):
    owner = User.objects.with_email(mail.email).first()

    if owner is None:
        return _message(REGISTER, mail.email, make_registration_link(mail.email))

    return _taken(owner)


def _taken(owner):
    return _message(TAKEN, owner.email) if owner.is_active else None


def _password_reset(mail):
    user = User.objects.with_email(mail.email).filter(is_active=True).first()

    if user is None or not user.has_usable_password():
        return None

    return _message(RESET_PASSWORD, user.email, make_link(RESET_PASSWORD, user))


def _verification(mail):
    user = find_unchanged(VERIFY_EMAIL, mail.user_id, mail.fingerprint)

    if user is None or user.email_verified_at is not None:
        return None

    return _message(VERIFY_EMAIL, user.email, make_link(VERIFY_EMAIL, user))


def _email_change(mail):
    user = find_unchanged(CHANGE_EMAIL, mail.user_id, mail.fingerprint)

    if user is None:
        return None

    owner = User.objects.with_email(mail.email).exclude(pk=user.pk).first()

    if owner is not None:
        return _taken(owner)

    return _message(CHANGE_EMAIL, mail.email, make_link(CHANGE_EMAIL, user, mail.email))


WITH_LINK = {
    REGISTER: _registration,
    RESET_PASSWORD: _password_reset,
    VERIFY_EMAIL: _verification,
    CHANGE_EMAIL: _email_change,
}


def _message(kind, email, link=""):
    """
    Renders a template. Its first line is the subject.
    """
    subject, _, text = render_to_string(f"mail/{kind}.txt", {"link": link}).partition("\n\n")
    return EmailMessage(subject, text, to=[email])
