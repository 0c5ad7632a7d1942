"""
Middlewares that only pages need. Requests to the API skip them, because they have a token
instead of a session.
"""

from csp.middleware import CSPMiddleware
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions


class PagesOnly:
    # An asynchronous server calls it in a thread.
    async_capable = False

    def __call__(self, request):
        if request.path_info.startswith("/api/"):
            return self.for_api(request)

        return super().__call__(request)

    def for_api(self, request):
        return self.get_response(request)


class SessionMiddleware(PagesOnly, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(PagesOnly, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(PagesOnly, messages.MessageMiddleware):
    pass


class PolicyMiddleware(PagesOnly, CSPMiddleware):
    """
    The policy of pages is built for each response. The API's never changes: JSON loads nothing.
    """

    def for_api(self, request):
        response = self.get_response(request)
        response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        return response
