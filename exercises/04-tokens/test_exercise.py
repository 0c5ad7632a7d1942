import jwt
import pytest

from authentication.tokens import read_token
from exercises.invitations import invite, read_invitation


def test_an_invitation_names_an_email():
    """`read_invitation` returns the email that `invite` was called with."""
    assert read_invitation(invite("grace@example.com")) == "grace@example.com"


def test_an_invitation_expires():
    """An invitation is valid for a week, so its `exp` is 7 days after its `iat`."""
    claims = jwt.decode(invite("grace@example.com"), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 7 * 24 * 60 * 60


def test_an_invitation_is_no_access_token():
    """Nobody can log in with an invitation: `read_token` raises an error.

    Give invitations an audience of their own.
    """
    with pytest.raises(jwt.InvalidTokenError):
        read_token(invite("grace@example.com"))


def test_an_access_token_is_no_invitation(token):
    """`read_invitation` raises an error for the token of a user."""
    with pytest.raises(jwt.InvalidTokenError):
        read_invitation(token)
