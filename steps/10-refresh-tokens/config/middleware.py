import json

from django.conf import settings
from django.http import HttpResponse
from rest_framework.response import Response


class JSONErrorMiddleware:
    """
    Answers errors in JSON, also where no view of the API is reached: at an
    unknown address, for a wrong host, after a crash. Django's own pages would
    be HTML, and while DEBUG is on they show what the client has sent.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)

        # A `Response` is the API's own, and says more than we could here.
        if response.status_code >= 400 and not isinstance(response, Response):
            response.content = json.dumps({"detail": f"{response.reason_phrase}."})
            response["Content-Type"] = "application/json"
            response["Content-Length"] = len(response.content)

        return response


class RequestLimitsMiddleware:
    """
    Refuses what is larger than any of our requests, and cookies with a NUL,
    which PostgreSQL cannot look up.
    """

    chunk = 64 * 1024
    most_chunks = 256

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if self.length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            response = HttpResponse(status=413, reason="Content Too Large")
        elif any("\0" in value for value in request.COOKIES.values()):
            response = HttpResponse(status=400)
        else:
            response = self.get_response(request)

        # A client that is cut off while it sends never reads the answer.
        for _ in range(self.most_chunks):
            if not request.read(self.chunk):
                break

        return response

    def length(self, request):
        try:
            return int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return 0
