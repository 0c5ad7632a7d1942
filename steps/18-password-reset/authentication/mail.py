from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from .links import RESET_PASSWORD, make_link
from .models import User

# Each kind of email has a template with its name. An email with a link is named after its link.
PASSWORD_CHANGED = "password-changed"
DELETED = "deleted"


def compose(mail):
    """
    Returns the email for a row of the outbox, or None if nobody is to get one.
    """
    compose_with_link = WITH_LINK.get(mail.kind)

    if compose_with_link:
        return compose_with_link(mail)

    return _message(mail.kind, mail.email)


def _password_reset(mail):
    user = User.objects.with_email(mail.email).filter(is_active=True).first()

    if user is None or not user.has_usable_password():
        return None

    return _message(RESET_PASSWORD, user.email, make_link(RESET_PASSWORD, user))


WITH_LINK = {
    RESET_PASSWORD: _password_reset,
}


def _message(kind, email, link=""):
    """
    Renders a template. Its first line is the subject.
    """
    subject, _, text = render_to_string(f"mail/{kind}.txt", {"link": link}).partition("\n\n")
    return EmailMessage(subject, text, to=[email])
