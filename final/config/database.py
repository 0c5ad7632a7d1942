import logging
import select
from functools import partial

from django.db import InterfaceError, InternalError, OperationalError, connections
from django.db.backends.signals import connection_created
from django.http import HttpResponse
from rest_framework import status, views
from rest_framework.exceptions import APIException

logger = logging.getLogger(__name__)

# PostgreSQL's code for a statement that would write while the database is read-only.
READ_ONLY = "25006"

# Seconds that a request waits for one statement.
DEADLINE = 6


class DatabaseUnavailable(APIException):
    """
    The database is down, restarts, or is read-only for a while.
    """

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = {
        "detail": "The database is not available right now. Try again later.",
        "code": "try_again_later",
    }

    wait = 10  # seconds, sent as the header `Retry-After`


def is_unavailable(error):
    """
    Checks whether an error is about the database, and not about the request or our code.
    """
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", None) == READ_ONLY

    return isinstance(error, (OperationalError, InterfaceError))


def exception_handler(error, context):
    """
    Returns a 503 if the database is unavailable. Django REST Framework calls this for each
    exception in a view of the API.
    """
    if is_unavailable(error):
        # The response doesn't say what happened, so the log has the whole error.
        logger.error("The database is unavailable.", exc_info=error)
        error = DatabaseUnavailable()

    return views.exception_handler(error, context)


def set_deadline(connection, **kwargs):
    """
    Gives up a PostgreSQL that doesn't answer any more. As long as it answers, its own
    `statement_timeout` comes first.
    """
    if connection.vendor == "postgresql":
        opened = connection.connection
        opened.wait = partial(opened.wait, timeout=DEADLINE)


class DatabaseMiddleware:
    """
    Closes the connections that PostgreSQL has closed on its side, for example by a restart.
    Django opens a new one when it needs one.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        connection_created.connect(set_deadline)

    def __call__(self, request):
        for connection in connections.all(initialized_only=True):
            if connection.vendor == "postgresql" and self.is_dead(connection.connection):
                connection.close()

        return self.get_response(request)

    def process_exception(self, request, error):
        """
        Returns the same 503 if the view isn't one of the API, but for example the admin.
        """
        if is_unavailable(error):
            logger.error("The database is unavailable.", exc_info=error)
            detail = DatabaseUnavailable.default_detail["detail"]
            headers = {"Retry-After": str(DatabaseUnavailable.wait)}
            return HttpResponse(detail, status=503, headers=headers)

    def is_dead(self, connection):
        """
        Checks for unread input, without a query. PostgreSQL sends nothing on an idle
        connection, except when it ends the connection.
        """
        if connection is None:
            return False

        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))
