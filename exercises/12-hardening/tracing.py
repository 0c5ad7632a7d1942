import re
import uuid

VALID = re.compile("[A-Za-z0-9-]{1,64}")


class RequestIDMiddleware:
    """
    Gives each response an id, with which you find its lines in a log.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        sent = request.headers.get("X-Request-ID", "")
        response = self.get_response(request)

        # A client could write anything, such as a line that looks like one of the log.
        response["X-Request-ID"] = sent if VALID.fullmatch(sent) else uuid.uuid4().hex

        return response
