import pytest

from authentication.models import User
from exercises.staff import StaffManager

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    manager = StaffManager()
    manager.model = User
    return manager


def test_create_staff_saves_a_user_who_may_enter_the_admin(staff):
    """`create_staff` saves a user who may enter the admin, and has no other rights.

    Call `create_user` with an extra field.
    """
    staff.create_staff("grace", "Grace@EXAMPLE.com", "correct horse battery staple")
    grace = User.objects.get(email="Grace@example.com")
    assert (grace.is_staff, grace.is_superuser) == (True, False)
    assert grace.check_password("correct horse battery staple")


def test_staff_needs_a_password(staff):
    """`create_staff` raises a `ValueError` for an empty password, and saves nobody."""
    with pytest.raises(ValueError, match="Staff must have a password"):
        staff.create_staff("grace", "grace@example.com", "")
    assert User.objects.count() == 0
