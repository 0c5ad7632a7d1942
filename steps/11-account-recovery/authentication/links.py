from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework.exceptions import ValidationError

from .models import User

# What a link is good for, and on what it depends: when one of these changes, the link is dead.
# A link to register has no user yet: it is dead as soon as its email has one.
REGISTER = "register"
VERIFY_EMAIL = "verify-email"
CHANGE_EMAIL = "change-email"
RESET_PASSWORD = "reset-password"
DEPENDS_ON = {
    VERIFY_EMAIL: ["email", "email_verified_at"],
    CHANGE_EMAIL: ["email", "password"],
    RESET_PASSWORD: ["email", "password"],
}


def make_link(purpose, user, email):
    """
    Return a link to the front end which shows that its reader gets mail at this
    address. It is good for one time, and for `settings.LINK_LIFETIME`.
    """
    return _link(purpose, [user.pk, email, _state(purpose, user)])


def make_registration_link(email):
    """
    Return a link with which the reader of this mailbox can register. It is good
    until somebody has, and for `settings.LINK_LIFETIME`.
    """
    return _link(REGISTER, email)


def read_link(purpose, token):
    """
    Return the user that the token of a link was made for, and the email.

    Raises `ValidationError`, always the same one.
    """
    pk, email, state = _content(purpose, token)
    user = User.objects.filter(pk=pk, is_active=True).first()

    if user is None or not constant_time_compare(state, _state(purpose, user)):
        raise dead_link()

    return user, email


def read_registration_link(token):
    """
    Return the email that the token of a link was sent to.

    Raises `ValidationError`, the same one, also when it has an account by now.
    """
    email = _content(REGISTER, token)

    if User.objects.with_email(email).exists():
        raise dead_link()

    return email


def use_link(purpose, user, **values):
    """
    Change the user as the link allows. Raises `ValidationError` when somebody
    has used it since it was read.
    """
    if not update_if_same(user, DEPENDS_ON[purpose], **values):
        raise dead_link()


def update_if_same(user, fields, **values):
    """
    Change the row of a user who is active, and whose fields are still what they
    were when the row was read. Returns 1, or 0 when nothing was changed.

    One step: of those who come at the same time, one finds them unchanged.
    """
    same = {field: getattr(user, field) for field in fields}
    return User.objects.filter(pk=user.pk, is_active=True, **same).update(**values)


def dead_link():
    return ValidationError({"token": ["The link is wrong, or used, or too old. Ask for another."]})


def _link(purpose, content):
    token = signing.dumps(content, salt=f"authentication.{purpose}")

    # A browser keeps what stands behind the # to itself, and no server's log has it.
    return f"{settings.FRONTEND_URL}/{purpose}#token={token}"


def _content(purpose, token):
    salt = f"authentication.{purpose}"

    try:
        return signing.loads(token, salt=salt, max_age=settings.LINK_LIFETIME)
    except signing.BadSignature:
        raise dead_link()


def _state(purpose, user):
    values = [str(getattr(user, field)) for field in DEPENDS_ON[purpose]]
    return salted_hmac("authentication.links", repr(values), algorithm="sha256").hexdigest()
