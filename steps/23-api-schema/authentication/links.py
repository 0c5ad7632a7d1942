from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework.exceptions import ValidationError

from .models import User

# What a link can be used for, and the fields that it depends on: when one of them changes,
# the link is dead. A link to register has no user yet. It is dead when its email has one.
REGISTER = "register"
RESET_PASSWORD = "reset-password"
VERIFY_EMAIL = "verify-email"
CHANGE_EMAIL = "change-email"
DEPENDS_ON = {
    RESET_PASSWORD: ["email", "links_ended_at", "password"],
    VERIFY_EMAIL: ["email", "links_ended_at", "email_verified_at"],
    CHANGE_EMAIL: ["email", "links_ended_at", "password"],
}


def make_link(purpose, user, new_email=""):
    """
    Returns a link to the front end for the owner of this account. It can be used once,
    within `settings.LINK_LIFETIME`.
    """
    return _link(purpose, [user.pk, fingerprint(purpose, user), new_email])


def make_registration_link(email):
    """
    Returns a link with which the owner of this inbox can register.
    """
    return _link(REGISTER, email)


def fingerprint(purpose, user):
    """
    Returns a short text that changes with every field that such a link depends on.
    """
    values = [str(getattr(user, field)) for field in DEPENDS_ON[purpose]]
    return salted_hmac("authentication.links", repr(values), algorithm="sha256").hexdigest()


def find_unchanged(purpose, pk, old_fingerprint):
    """
    Returns the user if the account is active and its fingerprint is still the same,
    otherwise None.
    """
    user = User.objects.filter(pk=pk, is_active=True).first()

    if user and constant_time_compare(old_fingerprint, fingerprint(purpose, user)):
        return user

    return None


def read_link(purpose, token):
    """
    Returns the user that the token of a link was made for, and the new email.

    Raises `ValidationError`, with the same message for every reason.
    """
    pk, old_fingerprint, new_email = _content(purpose, token)
    user = find_unchanged(purpose, pk, old_fingerprint)

    if user is None:
        raise dead_link()

    return user, new_email


def read_registration_link(token):
    """
    Returns the email that the token of a link was sent to.

    Raises the same `ValidationError`, also when the email has an account by now.
    """
    email = _content(REGISTER, token)

    if User.objects.with_email(email).exists():
        raise dead_link()

    return email


def use_link(purpose, user, **values):
    """
    Changes the user as the link allows. Raises `ValidationError` if another request
    has used the link since it was read.
    """
    if not User.objects.update_if_same(user, DEPENDS_ON[purpose], **values):
        raise dead_link()


def dead_link():
    return ValidationError({"token": ["The link is wrong, or used, or too old. Ask for another."]})


def _link(purpose, content):
    token = signing.dumps(content, salt=f"authentication.{purpose}")

    # A browser does not send the part after the # to any server, so it is in no log.
    return f"{settings.FRONTEND_URL}/{purpose}#token={token}"


def _content(purpose, token):
    salt = f"authentication.{purpose}"

    try:
        return signing.loads(token, salt=salt, max_age=settings.LINK_LIFETIME)
    except signing.BadSignature:
        raise dead_link()
