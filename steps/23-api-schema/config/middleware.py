import json

from django.conf import settings
from django.http import HttpResponse
from rest_framework.response import Response


class JSONErrorMiddleware:
    """
    Returns the errors of the API in JSON, even if the request reached no view.
    Does the same for unknown hosts and paths. Django's own pages are HTML, and
    while DEBUG is on, they show what the client has sent.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        ours = request.path_info.startswith("/api/") or request.resolver_match is None

        # A `Response` is the API's own, and says more than we could here.
        if response.status_code >= 400 and ours and not isinstance(response, Response):
            response.content = json.dumps({"detail": f"{response.reason_phrase}."})
            response["Content-Type"] = "application/json"
            response["Content-Length"] = len(response.content)

        return response


class RequestLimitsMiddleware:
    """
    Refuses what is larger than any of our requests, and cookies with a NUL,
    which PostgreSQL cannot look up.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if self.length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse(status=413, reason="Content Too Large")

        if any("\0" in value for value in request.COOKIES.values()):
            return HttpResponse(status=400)

        return self.get_response(request)

    def length(self, request):
        try:
            return int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return 0
