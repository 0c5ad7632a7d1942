import jwt
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.throttling import BaseThrottle

from .models import Session, User
from .tokens import read_token

WRONG_CREDENTIALS = {"detail": "The email or the password is wrong.", "code": "wrong_credentials"}


def start_session(user, request):
    """
    Return a new session of a user whose password has just been checked.

    Raises `AuthenticationFailed` when the password has been changed since.
    """
    still_right = User.objects.filter(pk=user.pk, password=user.password, is_active=True)

    with transaction.atomic():
        # Locks the row: a change of the password comes before, or waits and ends the new session.
        if not still_right.update(last_login=timezone.now()):
            raise AuthenticationFailed(WRONG_CREDENTIALS)

        return Session.objects.create(
            user=user,
            user_agent=_stored(request.headers.get("User-Agent", ""), "user_agent"),
            address=_stored(BaseThrottle().get_ident(request) or "", "address"),
        )


def find_session(token):
    """
    Return the session that this token belongs to, with its user, and the claims.

    Raises `AuthenticationFailed`.
    """
    try:
        claims = read_token(token)
        session = Session.objects.select_related("user").get(
            pk=claims["sid"], user__is_active=True
        )
    except jwt.ExpiredSignatureError:
        raise refusal("The token has expired.", code="token_expired")
    except (jwt.InvalidTokenError, Session.DoesNotExist, ValidationError):
        raise refusal("The token is invalid.")

    # A UUID can be written in several ways, and this is how we write it.
    if (str(session.pk), str(session.user_id)) != (claims["sid"], claims["sub"]):
        raise refusal("The token is invalid.")

    return session, claims


def refusal(detail, code="token_invalid"):
    return AuthenticationFailed({"detail": detail, "code": code})


def _stored(text, field):
    """
    What a client has sent, as far as the column can hold it.
    """
    return text.replace("\0", "")[: Session._meta.get_field(field).max_length]
