from django.urls import resolve, reverse

from authentication import views


def test_each_url_has_a_name():
    """Code finds a URL by its name: `reverse("user_login")` returns `/api/login`."""
    for name, address in [
        ("user_registration", "/api/registration"),
        ("user_login", "/api/login"),
        ("user_me", "/api/me"),
    ]:
        assert reverse(name) == address


def test_each_url_leads_to_its_view():
    """Each URL leads to its view, with and without a slash at the end."""
    for address, view in [
        ("/api/registration", views.RegistrationAPIView),
        ("/api/login", views.LoginAPIView),
        ("/api/me", views.CurrentUserAPIView),
    ]:
        assert resolve(address).func.view_class is view
        assert resolve(address + "/").func.view_class is view
