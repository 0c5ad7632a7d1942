from django.conf import settings
from django.db import transaction
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from django.views.generic import TemplateView
from rest_framework import status
from rest_framework.response import Response

from .sessions import end_session, refresh_session, tokens_of
from .views import NO_STORE, ConfirmRegistrationAPIView, LoginAPIView, PublicAPIView


def cookie_name():
    """
    A browser stores a cookie with the prefix `__Host-` only if this host sets it over
    HTTPS. Without it, a page of another subdomain could replace the cookie with its own.
    """
    return "__Host-refresh_token" if settings.SESSION_COOKIE_SECURE else "refresh_token"


def with_cookie(response):
    """
    Moves the refresh token from the body of a response into a cookie, so that no
    script can read it.
    """
    response.set_cookie(
        cookie_name(),
        response.data.pop("refresh_token"),
        max_age=settings.JWT_REFRESH_LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def refresh_token(request):
    return request.COOKIES.get(cookie_name(), "")


@method_decorator(ensure_csrf_cookie, name="dispatch")
class PageView(TemplateView):
    """
    The page, and the cookie with the CSRF token that its script sends back.
    """

    template_name = "page.html"


# A browser sends the cookie by itself, also when a page of another origin makes the request.
# So Django compares the origin of the request, and a token that only our page sends.
needs_csrf_token = method_decorator(csrf_protect, name="dispatch")


@needs_csrf_token
class BrowserLoginAPIView(LoginAPIView):
    """
    Logs in an existing user, in a browser.
    """

    def post(self, request):
        """
        Returns an access token, and sets the cookie with the refresh token.
        """
        return with_cookie(super().post(request))


@needs_csrf_token
class BrowserConfirmRegistrationAPIView(ConfirmRegistrationAPIView):
    """
    Registers a new user, in a browser.
    """

    def post(self, request):
        """
        Returns an access token, and sets the cookie with the refresh token.
        """
        return with_cookie(super().post(request))


@needs_csrf_token
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class BrowserRefreshAPIView(PublicAPIView):
    """
    Exchanges the refresh token in the cookie for new tokens.
    """

    def post(self, request):
        session = refresh_session(refresh_token(request))

        return with_cookie(Response(tokens_of(session), headers=NO_STORE))


@needs_csrf_token
class BrowserLogoutAPIView(PublicAPIView):
    """
    Ends the session of the refresh token in the cookie, and deletes the cookie.
    """

    def post(self, request):
        end_session(refresh_token(request))
        response = Response(status=status.HTTP_204_NO_CONTENT, headers=NO_STORE)
        response.delete_cookie(cookie_name(), samesite="Strict")

        return response
