import json
import logging
import re
import time
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

logger = logging.getLogger(__name__)

request_id = ContextVar("request_id", default=None)

# What a log record can have in addition, with `extra`.
EXTRA = ["user", "session", "address", "method", "view", "status", "milliseconds"]


class JSONFormatter(logging.Formatter):
    """
    Writes each log record as one line of JSON, also a traceback.
    """

    def format(self, record):
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id.get(),
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in EXTRA if hasattr(record, name)}

        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)

        return json.dumps(line)


class RequestLogMiddleware:
    """
    Gives each request an id, which is in the response and in all its log lines, and logs
    the request. The query and the body are not logged, because they can contain secrets.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        started = time.monotonic()
        given = request.headers.get("X-Request-ID", "")

        # The proxy's id, so that both logs have the same. Any other text could be a client's.
        if not re.fullmatch(r"[0-9a-zA-Z-]{1,64}", given):
            given = uuid.uuid4().hex

        request_id.set(given)
        response = self.get_response(request)
        response["X-Request-ID"] = given
        match = request.resolver_match
        counted = {
            "method": request.method,
            # The name of its URL, which has no ids in it as the path has.
            "view": match.view_name if match else None,
            "status": response.status_code,
            "milliseconds": round(1000 * (time.monotonic() - started), 1),
        }
        logger.info("%s %s", request.method, request.path, extra=counted)
        # What the thread logs until its next request belongs to none.
        request_id.set(None)

        return response
