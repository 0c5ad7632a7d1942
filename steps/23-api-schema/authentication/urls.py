from django.urls import re_path

from .account_views import (
    ChangeEmailAPIView,
    ChangePasswordAPIView,
    ConfirmEmailAPIView,
    ConfirmPasswordAPIView,
    DeleteAccountAPIView,
    ResendVerificationAPIView,
    ResetPasswordAPIView,
    VerifyEmailAPIView,
)
from .views import (
    ConfirmRegistrationAPIView,
    CurrentUserAPIView,
    LoginAPIView,
    LogoutAPIView,
    RefreshAPIView,
    RegistrationAPIView,
    SessionAPIView,
    SessionListAPIView,
)

urlpatterns = [
    re_path(r"^registration/?$", RegistrationAPIView.as_view(), name="user_registration"),
    re_path(
        r"^registration/confirm/?$",
        ConfirmRegistrationAPIView.as_view(),
        name="registration_confirm",
    ),
    re_path(r"^login/?$", LoginAPIView.as_view(), name="user_login"),
    re_path(r"^refresh/?$", RefreshAPIView.as_view(), name="user_refresh"),
    re_path(r"^logout/?$", LogoutAPIView.as_view(), name="user_logout"),
    re_path(r"^me/?$", CurrentUserAPIView.as_view(), name="user_me"),
    re_path(r"^sessions/?$", SessionListAPIView.as_view(), name="user_sessions"),
    re_path(
        r"^sessions/(?P<pk>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})/?$",
        SessionAPIView.as_view(),
        name="user_session",
    ),
    re_path(r"^password/change/?$", ChangePasswordAPIView.as_view(), name="password_change"),
    re_path(r"^password/reset/?$", ResetPasswordAPIView.as_view(), name="password_reset"),
    re_path(r"^password/confirm/?$", ConfirmPasswordAPIView.as_view(), name="password_confirm"),
    re_path(r"^email/resend/?$", ResendVerificationAPIView.as_view(), name="email_resend"),
    re_path(r"^email/verify/?$", VerifyEmailAPIView.as_view(), name="email_verify"),
    re_path(r"^email/change/?$", ChangeEmailAPIView.as_view(), name="email_change"),
    re_path(r"^email/confirm/?$", ConfirmEmailAPIView.as_view(), name="email_confirm"),
    re_path(r"^me/delete/?$", DeleteAccountAPIView.as_view(), name="user_delete"),
]
