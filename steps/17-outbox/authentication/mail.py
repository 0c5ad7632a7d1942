from django.core.mail import EmailMessage
from django.template.loader import render_to_string

# Each kind of email has a template with its name.
PASSWORD_CHANGED = "password-changed"
DELETED = "deleted"


def compose(mail):
    """
    Returns the email for a row of the outbox.
    """
    return _message(mail.kind, mail.email)


def _message(kind, email):
    """
    Renders a template. Its first line is the subject.
    """
    subject, _, text = render_to_string(f"mail/{kind}.txt").partition("\n\n")
    return EmailMessage(subject, text, to=[email])
