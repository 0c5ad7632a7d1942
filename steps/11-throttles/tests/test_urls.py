import pytest
from django.urls import resolve, reverse

from authentication import views


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("user_registration", "/api/registration"),
        ("user_login", "/api/login"),
        ("user_me", "/api/me"),
    ],
)
def test_each_url_has_a_name(name, address):
    """Code finds a URL by its name: `reverse("user_login")` returns `/api/login`."""
    assert reverse(name) == address


@pytest.mark.parametrize(
    ("address", "view"),
    [
        ("/api/registration", views.RegistrationAPIView),
        ("/api/login", views.LoginAPIView),
        ("/api/me", views.CurrentUserAPIView),
    ],
)
def test_each_url_leads_to_its_view(address, view):
    """Each URL leads to its view, with and without a slash at the end."""
    assert resolve(address).func.view_class is view
    assert resolve(address + "/").func.view_class is view
