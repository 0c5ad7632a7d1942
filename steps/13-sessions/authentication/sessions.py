import jwt
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework.exceptions import AuthenticationFailed

from .models import Session, User
from .throttles import client_address
from .tokens import issue_token, read_token


def start_session(user, request):
    """
    Return a new session of a user whose password has just been checked.
    """
    with transaction.atomic():
        session = Session.objects.create(
            user=user,
            user_agent=_stored(request.headers.get("User-Agent", ""), "user_agent"),
            address=client_address(request),
        )

        # Django listens to this signal too, and sets `last_login`.
        user_logged_in.send(sender=User, request=request, user=user)

    return session


def tokens_of(session):
    """
    Return what a client gets at login (RFC 6749, section 5.1).
    """
    return {
        "access_token": issue_token(session),
        "token_type": "Bearer",
        "expires_in": int(settings.JWT_LIFETIME.total_seconds()),
    }


def find_session(token):
    """
    Return the session that this token belongs to, with its user.

    Raises `AuthenticationFailed`.
    """
    try:
        claims = read_token(token)
        session = Session.objects.select_related("user").get(pk=claims["sid"], user__is_active=True)
    except jwt.ExpiredSignatureError:
        raise refusal("The token has expired.", code="token_expired")
    except (jwt.InvalidTokenError, Session.DoesNotExist, ValidationError):
        raise refusal("The token is invalid.")

    # Django reads a UUID in several spellings. We accept only the one that we issue.
    if (str(session.pk), str(session.user_id)) != (claims["sid"], claims["sub"]):
        raise refusal("The token is invalid.")

    return session


def refusal(detail, code="token_invalid"):
    return AuthenticationFailed({"detail": detail, "code": code})


def _stored(text, field):
    """
    Return the text without NUL, cut to the length of the column.
    """
    return text.replace("\0", "")[: Session._meta.get_field(field).max_length]
