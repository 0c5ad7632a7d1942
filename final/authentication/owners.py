import uuid
from datetime import UTC, datetime

import jwt
from django.db import connection

from .models import Session, User
from .sessions import refusal
from .tokens import read_token

# The columns that views use, in the order of the model's fields.
COLUMNS = ["id", "password", "username", "email"]
COLUMNS += ["email_verified_at", "links_ended_at", "is_active"]

# The query of `find_session`, written by hand: Django takes longer to build that query
# than the database takes to answer it.
OWNER = f"""
    SELECT {", ".join(f"users.{name}" for name in COLUMNS)}
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
    except ValueError:
        raise refusal("The token is invalid.")

    with connection.cursor() as cursor:
        cursor.execute(OWNER, [session_id.hex])
        row = cursor.fetchone()

    if row is None:
        raise refusal("The token is invalid.")

    # SQLite returns times without a time zone. They are stored in UTC.
    values = [value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in row]
    user = User.from_db(connection.alias, COLUMNS, values)

    # Python reads a UUID in several spellings. We accept only the one that we issue.
    if (str(session_id), str(user.pk)) != (claims["sid"], claims["sub"]):
        raise refusal("The token is invalid.")

    # `Session(pk=session_id)` would be a new session, with a `created_at` of now.
    session = Session.from_db(connection.alias, ["id", "user_id"], [session_id, user.pk])
    session.user = user

    return user, session
