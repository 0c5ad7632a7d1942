import uuid

import jwt

from .models import Session, User
from .sessions import refusal
from .tokens import read_token

# The query of `find_session`, written by hand: Django takes longer to build that query
# than the database takes to answer it. It selects the columns that views use.
OWNER = """
    SELECT users.id, users.email, users.username, users.password,
           users.is_active, users.email_verified_at, users.links_ended_at
    FROM authentication_user AS users
    JOIN authentication_session AS sessions ON sessions.user_id = users.id
    WHERE sessions.id = %s AND users.is_active
"""


def find_owner(token):
    """
    Return the user of this access token, and the session. Django loads their other
    columns when they are used.

    Raises `AuthenticationFailed`.
    """
    try:
        claims = read_token(token)
    except jwt.ExpiredSignatureError:
        raise refusal("The token has expired.", code="token_expired")
    except jwt.InvalidTokenError:
        raise refusal("The token is invalid.")

    try:
        # Without dashes, because SQLite stores it so. PostgreSQL accepts both forms.
        session_id = uuid.UUID(str(claims["sid"]))
        [user] = User.objects.raw(OWNER, [session_id.hex])
    except ValueError:
        raise refusal("The token is invalid.")

    # Python reads a UUID in several spellings. We accept only the one that we issue.
    if (str(session_id), str(user.pk)) != (claims["sid"], claims["sub"]):
        raise refusal("The token is invalid.")

    # `Session(pk=session_id)` would be a new session, with a `created_at` of now.
    session = Session.from_db(user._state.db, ["id", "user_id"], [session_id, user.pk])
    session.user = user

    return user, session
