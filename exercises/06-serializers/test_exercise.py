import pytest

from exercises.reserved import ReservedRegistrationSerializer

pytestmark = pytest.mark.django_db


def errors(username):
    data = {"email": "new@example.com", "username": username, "password": "correct horse battery"}
    serializer = ReservedRegistrationSerializer(data=data)
    serializer.is_valid()
    return serializer.errors


@pytest.mark.parametrize("username", ["admin", "Root", "\uff21dmin"])
def test_a_reserved_username_is_rejected(username):
    """The usernames admin, root and support are rejected, in any case and any spelling.

    Write `validate_username`. It gets the username in the spelling in which we store it.
    """
    assert errors(username) == {"username": ["This username is reserved."]}


def test_another_username_is_accepted():
    """Any other username is accepted, also one that only contains a reserved one."""
    assert errors("administrator") == {}


def test_the_other_rules_still_apply():
    """The rules of `RegistrationSerializer` still apply."""
    assert errors("a b")["username"][0].code == "invalid"
