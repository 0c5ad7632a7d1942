from django.urls import resolve, reverse

from authentication import views


def test_each_url_has_a_name():
    """Code finds a URL by its name: `reverse("user_login")` returns `/api/login`."""
    for name, address in [
        ("user_registration", "/api/registration"),
        ("registration_confirm", "/api/registration/confirm"),
        ("user_login", "/api/login"),
        ("user_me", "/api/me"),
        ("user_refresh", "/api/refresh"),
        ("user_logout", "/api/logout"),
        ("user_sessions", "/api/sessions"),
    ]:
        assert reverse(name) == address


def test_each_url_leads_to_its_view():
    """Each URL leads to its view, with and without a slash at the end."""
    for address, view in [
        ("/api/registration", views.RegistrationAPIView),
        ("/api/registration/confirm", views.ConfirmRegistrationAPIView),
        ("/api/login", views.LoginAPIView),
        ("/api/me", views.CurrentUserAPIView),
        ("/api/refresh", views.RefreshAPIView),
        ("/api/logout", views.LogoutAPIView),
        ("/api/sessions", views.SessionListAPIView),
    ]:
        assert resolve(address).func.view_class is view
        assert resolve(address + "/").func.view_class is view


def test_each_session_has_a_url():
    """Each session has its own URL, which contains its id."""
    pk = "00000000-0000-0000-0000-000000000000"
    address = reverse("user_session", kwargs={"pk": pk})

    assert address == f"/api/sessions/{pk}"
    assert resolve(f"{address}/").kwargs == {"pk": pk}
