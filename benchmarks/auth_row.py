"""One row of benchmarks/auth.py: a project that sends itself as many requests as a line of its input says."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

PASSWORD = "correct horse battery staple"
TUNED = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]


def peer(name: str) -> tuple[Any, Callable[[], str]]:
    """A new project with one endpoint, as the documentation of the library has it."""
    import django
    import environ
    from django.conf import global_settings, settings

    library, _, tuned = name.partition(", ")
    installed = ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles"]
    pages = ["sessions.middleware.Session", "auth.middleware.Authentication", "messages.middleware.Message"]
    session, authentication, message = (f"django.contrib.{path}Middleware" for path in pages)
    csrf, frame = "django.middleware.csrf.CsrfViewMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware"
    all_middleware = [TUNED[0], session, TUNED[1], csrf, authentication, message, frame]
    apps = {"DRF's token": ["rest_framework.authtoken"], "knox": ["knox"]}.get(library, [])
    classes = {
        "simplejwt": "rest_framework_simplejwt.authentication.JWTAuthentication",
        "DRF's token": "rest_framework.authentication.TokenAuthentication",
        "knox": "knox.auth.TokenAuthentication",
    }
    env = environ.Env()
    path = os.environ["DATABASE_PATH"]
    database = env.db() if "DATABASE_URL" in env else {"ENGINE": "django.db.backends.sqlite3", "NAME": path}
    settings.configure(
        SECRET_KEY=os.environ["SECRET_KEY"],
        ALLOWED_HOSTS=["api.example.com"],
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in installed), "rest_framework", *apps],
        MIDDLEWARE=TUNED if tuned else all_middleware,
        ROOT_URLCONF=__name__,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        DATABASES={"default": database | {"CONN_MAX_AGE": 60}},
        CACHES=global_settings.CACHES,
        USE_TZ=True,
        SECURE_SSL_REDIRECT=True,
        SECURE_HSTS_SECONDS=3600,
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [classes[library]] if library in classes else [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        },
    )
    django.setup()
    migrate()

    from django.contrib.auth.models import User
    from django.core.wsgi import get_wsgi_application
    from django.urls import path as url
    from rest_framework import serializers
    from rest_framework.permissions import AllowAny, IsAuthenticated
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class UserSerializer(serializers.ModelSerializer):
        class Meta:
            model = User
            fields = ["id", "email", "username"]

    class Plain(serializers.Serializer):
        id = serializers.IntegerField()
        email = serializers.CharField()
        username = serializers.CharField()

    class Me(APIView):
        permission_classes = [IsAuthenticated if library in classes else AllowAny]

        def get(self, request: Any) -> Response:
            user = request.user if library in classes else ada
            return Response((Plain if tuned else UserSerializer)(user).data)

    globals()["urlpatterns"] = [url("api/me", Me.as_view())]
    ada = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    scheme = "Bearer" if library == "simplejwt" else "Token"
    return get_wsgi_application(), lambda: f"{scheme} {peer_token(library, ada)}"


def peer_token(library: str, user: Any) -> str:
    """A token of this user, as the library issues it."""
    if library == "simplejwt":
        from rest_framework_simplejwt.tokens import AccessToken

        return str(AccessToken.for_user(user))
    if library == "knox":
        from knox.models import AuthToken

        return str(AuthToken.objects.create(user)[1])
    if library == "DRF's token":
        from rest_framework.authtoken.models import Token

        return str(Token.objects.get_or_create(user=user)[0].key)
    return "none"


def stage() -> tuple[Any, Callable[[], str]]:
    """The project in this folder, with its production settings."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.production"
    sys.path.insert(0, os.getcwd())
    import django

    django.setup()
    migrate()

    from authentication import models, tokens
    from config.wsgi import application

    ada = models.User.objects.create_user("ada", "ada@example.com", PASSWORD)
    session = models.Session.objects.create(user=ada)
    return application, lambda: f"Bearer {tokens.issue_token(session)}"


def migrate() -> None:
    """Create the tables, and a key if the stage has a command for it. A file of SQLite gets the journal of servers."""
    from django.core.management import call_command, get_commands
    from django.db import connection

    if "makesigningkey" in get_commands():
        call_command("makesigningkey", stdout=sys.stderr)
    call_command("migrate", verbosity=0)
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA journal_mode=WAL")


def environ(authorization: str) -> dict[str, Any]:
    """The WSGI environment of one request."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/api/me",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "api.example.com",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "api.example.com",
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "benchmark",
        "HTTP_AUTHORIZATION": authorization,
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def timed(application: Callable[..., Any], authorization: str, wanted: str, count: int) -> list[float]:
    """The microseconds of each of `count` requests, whose status has to be `wanted`."""
    times, statuses = [], set()
    for _ in range(count):
        request = environ(authorization)
        started = time.perf_counter()
        response = application(request, lambda status, headers: statuses.add(status))
        body = b"".join(response)
        response.close()
        times.append(1e6 * (time.perf_counter() - started))
    if statuses - {wanted} or (count and wanted == "200 OK" and b"ada@example.com" not in body):
        sys.exit(f"{statuses} instead of {wanted}: {body!r}")
    return times


def main() -> None:
    """Build the project, and answer each line of the input with a line of JSON."""
    name = sys.argv[1]
    application, issue = stage() if name == "stage" else peer(name)
    refused = "200 OK" if name.startswith("AllowAny") else "401 Unauthorized"
    for line in sys.stdin:
        valid = issue()  # again in each round, because tokens expire
        forged = valid[:-6] + ("AAAAAA" if not valid.endswith("AAAAAA") else "BBBBBB")
        header = valid.split()[1].split(".")[0]
        algorithm = json.loads(base64.urlsafe_b64decode(header + "==="))["alg"] if "." in valid else "-"
        timed(application, valid, "200 OK", 10)
        times = {"valid": timed(application, valid, "200 OK", int(line))}
        times["forged"] = timed(application, forged, refused, int(line))
        print(json.dumps({"algorithm": algorithm, "times": times}), flush=True)


if __name__ == "__main__":
    main()
