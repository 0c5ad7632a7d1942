from datetime import timedelta

import pytest
from django.utils import timezone

from authentication.models import Mail
from exercises.delay import mail_delay

pytestmark = pytest.mark.django_db


def put(seconds):
    """Put an email into the outbox that has been due for so many seconds."""
    due = timezone.now() - timedelta(seconds=seconds)
    Mail.objects.create(kind="deleted", email="ada@example.com", due=due)


def test_an_empty_outbox_has_no_delay():
    """`mail_delay` returns 0 if no email is due."""
    assert mail_delay() == 0


def test_the_delay_is_that_of_the_oldest_email():
    """It returns for how many whole seconds the oldest email has been due."""
    put(30)
    put(90)
    put(60)
    assert mail_delay() in (90, 91, 92)


def test_an_email_that_waits_for_its_next_try_does_not_count():
    """An email that is due later doesn't count.

    Look at the query of `send_next`.
    """
    put(-600)
    assert mail_delay() == 0
