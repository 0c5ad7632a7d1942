from django.urls import re_path

from .browser_views import (
    BrowserConfirmRegistrationAPIView,
    BrowserLoginAPIView,
    BrowserLogoutAPIView,
    BrowserRefreshAPIView,
)

urlpatterns = [
    re_path(r"^login/?$", BrowserLoginAPIView.as_view(), name="browser_login"),
    re_path(
        r"^registration/confirm/?$",
        BrowserConfirmRegistrationAPIView.as_view(),
        name="browser_registration_confirm",
    ),
    re_path(r"^refresh/?$", BrowserRefreshAPIView.as_view(), name="browser_refresh"),
    re_path(r"^logout/?$", BrowserLogoutAPIView.as_view(), name="browser_logout"),
]
