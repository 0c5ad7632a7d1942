import logging

from django.db import Error, connections
from django.http import JsonResponse

from .database import DatabaseUnavailable

logger = logging.getLogger(__name__)


def live(request):
    """
    Answers 200 as long as this process answers at all.
    """
    return JsonResponse({"status": "ok"})


def ready(request):
    """
    Answers 200 if a new connection to the database can read and write, otherwise 503.
    """
    # A new connection has a shorter deadline than an open one: three seconds.
    connection = connections.create_connection("default")

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

            if connection.vendor == "postgresql":
                cursor.execute("SHOW transaction_read_only")

                if cursor.fetchone() == ("on",):
                    return unavailable("read-only")
    except Error:
        logger.exception("The database cannot be reached.")
        return unavailable("unavailable")
    finally:
        connection.close()

    return JsonResponse({"status": "ok"})


def unavailable(reason):
    headers = {"Retry-After": str(DatabaseUnavailable.wait)}
    return JsonResponse({"status": reason}, status=503, headers=headers)
