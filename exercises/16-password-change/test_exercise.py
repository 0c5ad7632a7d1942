import pytest
from django.contrib.auth.password_validation import validate_password

OLD = "correct horse battery staple"
ERROR = "This is your present password. Choose another one."


@pytest.fixture(autouse=True)
def validators(settings):
    ours = {"NAME": "exercises.present.NotThePresentPasswordValidator"}
    settings.AUTH_PASSWORD_VALIDATORS = [*settings.AUTH_PASSWORD_VALIDATORS, ours]


def test_the_present_password_is_rejected(post, token):
    """`/api/password/change` rejects a new password that is the old one.

    A validator's `validate` gets the password, and the user if there is one.
    """
    response = post("password/change", {"password": OLD, "new_password": OLD}, token)
    assert (response.status_code, response.json()) == (400, {"new_password": [ERROR]})


def test_another_password_is_accepted(post, token):
    """Another password is accepted."""
    response = post("password/change", {"password": OLD, "new_password": f"{OLD} 2"}, token)
    assert response.status_code == 200


def test_somebody_without_an_account_has_no_present_password():
    """Without a user, every password is accepted, as at a registration."""
    validate_password(OLD)
