import contextlib
import logging
import uuid

import jwt
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from .events import log_event
from .models import Session, User
from .throttles import client_address
from .tokens import ACCESS, REFRESH, issue_refresh_token, issue_token, read_token

security = logging.getLogger("authentication.security")

# More devices than a person uses, and few enough to read in the list of sessions. A client
# that logs in again and again, and never refreshes, cannot fill the table.
MOST_SESSIONS = 20

WRONG_CREDENTIALS = {"detail": "The email or the password is wrong.", "code": "wrong_credentials"}


def start_session(user, request):
    """
    Return a new session of a user whose password has just been checked.

    Raises `AuthenticationFailed` when the password or the email has been changed since.
    """
    still_right = User.objects.filter(
        pk=user.pk, email=user.email, password=user.password, is_active=True
    )

    with transaction.atomic():
        # Writes the same password, which locks the row: a change of the password comes first,
        # or waits and then ends the new session.
        if not still_right.update(password=user.password):
            raise AuthenticationFailed(WRONG_CREDENTIALS)

        # Keeps those that were refreshed last. The row of the user is locked, so of two logins
        # at once, the second one sees the session of the first.
        kept = user.sessions.order_by("-refreshed_at").values("pk")[: MOST_SESSIONS - 1]
        ended, _ = user.sessions.exclude(pk__in=kept).delete()

        session = Session.objects.create(
            user=user,
            user_agent=_stored(request.headers.get("User-Agent", ""), "user_agent"),
            address=client_address(request),
        )

        # Django listens to this signal too, and sets `last_login`.
        user_logged_in.send(sender=User, request=request, user=user)

    if ended:
        log_event("session limit", request, user.pk)

    return session


def tokens_of(session):
    """
    Return what a client gets at login and at each refresh (RFC 6749, section 5.1).
    """
    return {
        "access_token": issue_token(session),
        "token_type": "Bearer",
        "expires_in": int(settings.JWT_LIFETIME.total_seconds()),
        "refresh_token": issue_refresh_token(session),
    }


def find_session(token, typ=ACCESS):
    """
    Return the session that this token belongs to, with its user, and the claims.

    Raises `AuthenticationFailed`.
    """
    try:
        claims = read_token(token, typ)
        session = Session.objects.select_related("user").get(pk=claims["sid"], user__is_active=True)
    except jwt.ExpiredSignatureError:
        raise refusal("The token has expired.", code="token_expired")
    except (jwt.InvalidTokenError, Session.DoesNotExist, ValidationError):
        raise refusal("The token is invalid.")

    # Django reads a UUID in several spellings. We accept only the one that we issue.
    if (str(session.pk), str(session.user_id)) != (claims["sid"], claims["sub"]):
        raise refusal("The token is invalid.")

    return session, claims


def refresh_session(token):
    """
    Return the session of this refresh token, ready for its next tokens.

    A token can be used once. If it comes again within `settings.REFRESH_REUSE_LEEWAY`,
    its response was lost, and the client gets the same refresh token again. Any other spent
    token is a copy, so the session ends (RFC 9700, section 4.14.2).
    """
    session, claims = find_session(token, REFRESH)
    same, now = Session.objects.filter(pk=session.pk), timezone.now()
    names = {"user": session.user_id, "session": str(session.pk)}

    if session.expires_at <= now:
        raise refusal("The token has expired.", code="token_expired")

    try:
        unused = same.filter(refresh_id=claims["jti"])
        just_used = same.filter(
            previous_refresh_id=claims["jti"],
            refreshed_at__gte=now - settings.REFRESH_REUSE_LEEWAY,
        )
    except ValidationError:
        raise refusal("The token is invalid.")

    # One statement: of several requests with the same token, only one finds it unused.
    session.refresh_id, session.refreshed_at = uuid.uuid4(), now
    if unused.update(
        refresh_id=session.refresh_id,
        previous_refresh_id=claims["jti"],
        refreshed_at=session.refreshed_at,
    ):
        return session

    refreshed = just_used.first()

    if refreshed:
        security.info("A refresh token came again at once.", extra=names)
        return refreshed

    # If a logout has just ended the session, there is nothing to delete, and nothing was copied.
    if same.delete()[0]:
        security.warning("A refresh token came twice.", extra=names)

    raise refusal("The token has been used already.", code="token_used")


def end_session(token, request):
    """
    End the session of this refresh token, also of a spent one. A token that is not
    valid has no session, so there is nothing to do (RFC 7009, section 2.2).
    """
    with contextlib.suppress(AuthenticationFailed):
        session, _ = find_session(token, REFRESH)
        session.delete()
        log_event("logout", request, session.user_id)


def refusal(detail, code="token_invalid"):
    return AuthenticationFailed({"detail": detail, "code": code})


def _stored(text, field):
    """
    Return the text without NUL, cut to the length of the column.
    """
    return text.replace("\0", "")[: Session._meta.get_field(field).max_length]
