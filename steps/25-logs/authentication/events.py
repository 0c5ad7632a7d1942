import logging

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_delete
from django.dispatch import receiver

from .models import User
from .throttles import client_address

security = logging.getLogger("authentication.security")


def log_event(event, request, user_id):
    """
    Logs what happened to an account, with the id of the user and the client's IP address.
    The log never contains an email, a password or a token.
    """
    address = client_address(request) if request else ""
    security.info(event, extra={"user": user_id, "address": address})


# Django sends these signals for our logins and for those of the admin.
@receiver(user_logged_in)
def log_login(request, user, **kwargs):
    log_event("login", request, user.pk)


@receiver(user_login_failed)
def log_failed_login(request=None, **kwargs):
    log_event("login failed", request, None)


@receiver(post_delete, sender=User)
def log_deletion(instance, **kwargs):
    log_event("account deleted", None, instance.pk)
