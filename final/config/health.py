from django.db import connection
from django.http import JsonResponse


def health(request):
    """
    Answers 200 when this process can reach its database. When it cannot, the
    error makes the answer a 500.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    return JsonResponse({"status": "ok"})
