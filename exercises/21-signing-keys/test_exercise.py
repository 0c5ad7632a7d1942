import jwt
import pytest

from authentication.keys import all_keys
from authentication.tokens import read_token
from exercises.stolen import replace_key

OLD, NEW = "2020-01-01T000000Z-0f1e2d3c", "2020-02-01T000000Z-5f2a9c01"


def test_tokens_of_the_stolen_key_are_rejected(keys, user, token_for):
    """A token that was signed with the stolen key is invalid at once."""
    keys(OLD)
    token = token_for(user)
    replace_key(OLD)
    with pytest.raises(jwt.InvalidTokenError):
        read_token(token)


def test_tokens_of_other_keys_stay_valid(keys, user, token_for):
    """Users whose token was signed with another key stay logged in."""
    keys(OLD)
    token = token_for(user)
    keys(NEW)
    replace_key(NEW)
    assert read_token(token)["sub"] == str(user.pk)


def test_users_can_log_in_again(keys, user, token_for):
    """There is a new key, so the API can sign tokens even if it had only the stolen key.

    A single key signs at once, whatever its name says.
    """
    keys(OLD)
    replace_key(OLD)
    assert read_token(token_for(user))["sub"] == str(user.pk)
    assert len(all_keys()) == 1


def test_no_other_file_is_deleted(keys, settings):
    """If we have no key of this name, the function raises `ValueError` and changes nothing."""
    keys(OLD)
    other = settings.JWT_KEYS_DIR.parent / "other.pem"
    other.write_text("")
    with pytest.raises(ValueError, match="other"):
        replace_key("../other")
    assert other.exists()
    assert list(all_keys()) == [OLD]
