import logging
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .links import fingerprint
from .mail import compose
from .models import Mail

logger = logging.getLogger(__name__)

# A failed email is tried again after 1, 2, 4, 8 and more minutes: ten tries in 8.5 hours.
AGAIN = timedelta(minutes=1)
MOST_TRIES = 10


def send_later(kind, email, user=None):
    """
    Puts an email into the outbox. For a link to a user's account, the row stores the
    fingerprint of the account, so that no link is sent after the account has changed.
    """
    mail = Mail.objects.create(
        kind=kind,
        email=email,
        user=user,
        fingerprint=fingerprint(kind, user) if user else "",
    )

    if settings.MAIL_AT_ONCE:
        transaction.on_commit(partial(send, mail))


def send_next():
    """
    Sends the email that has been due for the longest time. Returns False if none is due.
    """
    mail = Mail.objects.filter(due__lte=timezone.now()).order_by("due").first()

    if mail is None:
        return False

    send(mail)

    return True


def send(mail):
    """
    Sends one email, unless another worker is sending it.
    """
    unchanged = Mail.objects.filter(pk=mail.pk, due=mail.due)
    next_try = timezone.now() + AGAIN * 2**mail.tries

    # One statement: of several workers, only one finds the row as it was read.
    # If that worker is killed, the email is due again.
    if not unchanged.update(due=next_try, tries=F("tries") + 1):
        return

    if mail.tries >= MOST_TRIES:
        logger.error("Email %s of %s was given up.", mail.pk, mail.created_at)
    elif not _is_sent(mail):
        return

    mail.delete()


def _is_sent(mail):
    try:
        message = compose(mail)

        if message is not None:
            message.send()
    except (OSError, ValueError, LookupError) as error:
        # Only its type: the text of the error may contain the email address.
        logger.error("Email %s could not be sent: %s.", mail.pk, type(error).__name__)
        return False

    return True
