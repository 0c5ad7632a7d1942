import logging
from concurrent.futures import ThreadPoolExecutor

from django.core.mail import EmailMessage
from django.db import transaction

logger = logging.getLogger(__name__)

# Mail is sent beside the request: the time of an answer does not tell whether there is any.
sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")

# Each mail has a subject, of one line, and a text.
REGISTER = (
    "Your new account",
    "Somebody wants an account for this email. If it was you, open this link:\n\n{link}\n\n"
    "If it was not you, do nothing: there will be no account.\n",
)
VERIFY = (
    "Verify your email",
    "There is an account with this email. If it is yours, open this link:\n\n{link}\n\n"
    "If it is not, do nothing, or reset the password: then the account is yours.\n",
)
TAKEN = (
    "You have an account already",
    "Somebody wanted this email for an account, and it has one: yours.\n\n"
    "If it was you, log in, or reset your password. If it was not you, do nothing.\n",
)
RESET = (
    "Reset your password",
    "Somebody wants to reset your password. If it was you, open this link:\n\n{link}\n\n"
    "If it was not you, do nothing: your password stays as it is.\n",
)
PASSWORD_CHANGED = (
    "Your password has changed",
    "Your account has another password now.\n\n"
    "If it was not you, reset it: then whoever it was is logged out.\n",
)
CHANGE = (
    "Your new email",
    "Somebody wants this email for an account. If it was you, open this link:\n\n{link}\n\n"
    "If it was not you, do nothing.\n",
)
CHANGE_ASKED = (
    "Your email is about to change",
    "Somebody who knows your password wants another email for your account.\n\n"
    "If it was not you, change your password now: then nothing comes of it.\n",
)
CHANGED = (
    "Your email has changed",
    "Your account has another email now. This one does not open it any more.\n",
)
DELETED = (
    "Your account is gone",
    "Your account has been deleted, and all that belonged to it.\n\n"
    "If it was not you, somebody knows your password: use it nowhere any more.\n",
)


def send_later(mail, email, link=""):
    """
    Send a mail when the transaction has succeeded, and none when it has not.
    """
    subject, text = mail
    message = EmailMessage(subject, text.format(link=link), to=[email])
    transaction.on_commit(lambda: sender.submit(_send, message))


def _send(message):
    try:
        message.send()
    except (OSError, ValueError):
        # No server answers, or it does not like the email. Nobody waits for this thread to say so.
        logger.exception("A mail could not be sent.")
