"""The libraries that we compare our project with: each in a new project, as its documentation describes.

`settings` is what a project needs. `strict` is what the library offers in addition against copied tokens. Each class
has methods that call the library's own endpoints, and raise NotOffered where it has none.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

NAME, EMAIL, PASSWORD, NEW_PASSWORD = "ada", "ada@example.com", "correct horse battery staple", "another horse battery"
TUNED = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
PAGES = ["sessions.middleware.Session", "auth.middleware.Authentication", "messages.middleware.Message"]


@dataclass(frozen=True)
class Tokens:
    """What a client has after a login."""

    access: str
    refresh: str | None = None


def call(method: str, path: str, body: Any = None, access: str | None = None, **headers: str) -> Any:
    """Send one request to the project of this process. Returns the response."""
    from django.test import Client

    if access:
        headers["Authorization"] = f"{library().scheme} {access}"
    data = json.dumps(body or {})
    client = Client(raise_request_exception=False, headers={"Host": "api.example.com"})
    return client.generic(method, path, data, "application/json", secure=True, headers=headers)


class NotOffered(Exception):
    """The library has no such endpoint or no such tokens. The table of attacks.py shows "-"."""


class Library:
    """What libraries have in common. The methods return tokens, `None` for a refusal, or whether they could."""

    package = ""
    scheme = "Bearer"
    authentication: str | None = None
    apps: list[str] = []
    middleware: list[str] = []
    user_model = "auth.User"

    def settings(self) -> dict[str, Any]:
        return {}

    def strict(self) -> dict[str, Any]:
        return {}

    def urls(self) -> list[Any]:
        return []

    def log_in(self) -> Tokens:
        return Tokens("none")

    def refresh(self, refresh: str | None) -> Tokens | None:
        raise NotOffered

    def log_out(self, tokens: Tokens) -> bool:
        raise NotOffered

    def log_out_everywhere(self, tokens: Tokens) -> bool:
        raise NotOffered

    def change_password(self, tokens: Tokens) -> bool:
        raise NotOffered

    def deactivated(self, user: Any) -> None:
        """Does what the documentation asks for when a project has deactivated a user."""

    def is_logged_in(self, access: str) -> bool:
        """Checks whether the API accepts this access token."""
        response = call("GET", "/api/me", access=access)
        assert response.status_code in (200, 401, 403), response.content
        return bool(response.status_code == 200)


class SimpleJWT(Library):
    package = "djangorestframework-simplejwt"
    authentication = "rest_framework_simplejwt.authentication.JWTAuthentication"
    apps = ["rest_framework_simplejwt.token_blacklist"]

    def strict(self) -> dict[str, Any]:
        rotation = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
        return {"SIMPLE_JWT": rotation | {"CHECK_REVOKE_TOKEN": True}}

    def urls(self) -> list[Any]:
        from django.urls import path
        from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

        views = {"": TokenObtainPairView, "refresh/": TokenRefreshView, "blacklist/": TokenBlacklistView}
        return [path(f"token/{name}", view.as_view()) for name, view in views.items()]

    def log_in(self) -> Tokens:
        return Tokens(**call("POST", "/token/", {"username": NAME, "password": PASSWORD}).json())

    def refresh(self, refresh: str | None) -> Tokens | None:
        response = call("POST", "/token/refresh/", {"refresh": refresh})
        return Tokens(**response.json()) if response.status_code == 200 else None

    def log_out(self, tokens: Tokens) -> bool:
        return bool(call("POST", "/token/blacklist/", {"refresh": tokens.refresh}).status_code == 200)


class DRFToken(Library):
    package = "djangorestframework"
    scheme = "Token"
    authentication = "rest_framework.authentication.TokenAuthentication"
    apps = ["rest_framework.authtoken"]

    def urls(self) -> list[Any]:
        from django.urls import path
        from rest_framework.authtoken.views import obtain_auth_token

        return [path("token/", obtain_auth_token)]

    def log_in(self) -> Tokens:
        return Tokens(call("POST", "/token/", {"username": NAME, "password": PASSWORD}).json()["token"])


class Knox(Library):
    package = "django-rest-knox"
    scheme = "Token"
    authentication = "knox.auth.TokenAuthentication"
    apps = ["knox"]

    def urls(self) -> list[Any]:
        from django.urls import path
        from knox.views import LoginView, LogoutAllView, LogoutView
        from rest_framework.authentication import BasicAuthentication

        class KnoxLoginView(LoginView):
            authentication_classes = [BasicAuthentication]

        views = {"login/": KnoxLoginView, "logout/": LogoutView, "logoutall/": LogoutAllView}
        return [path(name, view.as_view()) for name, view in views.items()]

    def log_in(self) -> Tokens:
        from base64 import b64encode

        basic = b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
        return Tokens(call("POST", "/login/", Authorization=f"Basic {basic}").json()["token"])

    def log_out(self, tokens: Tokens) -> bool:
        return bool(call("POST", "/logout/", access=tokens.access).status_code == 204)

    def log_out_everywhere(self, tokens: Tokens) -> bool:
        return bool(call("POST", "/logoutall/", access=tokens.access).status_code == 204)


class Allauth(Library):
    package = "django-allauth"
    authentication = "allauth.headless.contrib.rest_framework.authentication.JWTTokenAuthentication"
    apps = ["allauth", "allauth.account", "allauth.headless", "django.contrib.humanize", "allauth.usersessions"]
    middleware = ["allauth.account.middleware.AccountMiddleware"]

    def settings(self) -> dict[str, Any]:
        return {
            "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
            "ACCOUNT_EMAIL_VERIFICATION": "none",
            "ACCOUNT_RATE_LIMITS": False,
            "HEADLESS_ONLY": True,
            "HEADLESS_TOKEN_STRATEGY": "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy",
            "HEADLESS_JWT_PRIVATE_KEY": rsa_key(2048),
            "HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED": True,
        }

    def urls(self) -> list[Any]:
        from django.urls import include, path

        return [path("_allauth/", include("allauth.headless.urls"))]

    def log_in(self) -> Tokens:
        meta = call("POST", "/_allauth/app/v1/auth/login", {"username": NAME, "password": PASSWORD}).json()["meta"]
        return Tokens(meta["access_token"], meta["refresh_token"])

    def refresh(self, refresh: str | None) -> Tokens | None:
        response = call("POST", "/_allauth/app/v1/tokens/refresh", {"refresh_token": refresh})
        if response.status_code != 200:
            return None
        return Tokens(response.json()["data"]["access_token"], response.json()["data"].get("refresh_token", refresh))

    def log_out(self, tokens: Tokens) -> bool:
        # 401 is the answer of this endpoint to a logout that succeeded.
        return bool(call("DELETE", "/_allauth/app/v1/auth/session", access=tokens.access).status_code == 401)

    def log_out_everywhere(self, tokens: Tokens) -> bool:
        path = "/_allauth/app/v1/auth/sessions"
        ids = [session["id"] for session in call("GET", path, access=tokens.access).json()["data"]]
        return bool(call("DELETE", path, {"sessions": ids}, tokens.access).status_code in (200, 401))

    def change_password(self, tokens: Tokens) -> bool:
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        return bool(call("POST", "/_allauth/app/v1/account/password/change", body, tokens.access).status_code == 200)


class JWTAllauth(Library):
    package = "django-jwt-allauth"
    authentication = "jwt_allauth.authentication.JWTAllAuthDBAuthentication"  # loads the user, for /api/me
    apps = ["jwt_allauth", "rest_framework.authtoken", "allauth", "allauth.account", "allauth.socialaccount"]
    middleware = ["allauth.account.middleware.AccountMiddleware"]
    user_model = "jwt_allauth.JAUser"

    def settings(self) -> dict[str, Any]:
        backends = ["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"]
        # The package has no migrations: the project makes them.
        migrations = Path(os.environ["FOLDER"], "migrations_of_jwt_allauth")
        migrations.mkdir(exist_ok=True)
        (migrations / "__init__.py").touch()
        return {
            "ACCOUNT_ADAPTER": "jwt_allauth.adapter.JWTAllAuthAdapter",
            "ACCOUNT_LOGIN_METHODS": {"email"},
            "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*", "password2*"],
            "AUTHENTICATION_BACKENDS": backends,
            "JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE": False,
            "JWT_ALLAUTH_ACCESS_TOKEN_SESSION_CHECK": True,
            "MIGRATION_MODULES": {"jwt_allauth": migrations.name},
            # `jwt-allauth startproject` makes a key of this size.
            "SIMPLE_JWT": {
                "ALGORITHM": "RS256",
                "SIGNING_KEY": rsa_key(4096),
                "VERIFYING_KEY": rsa_key(4096, public=True),
            },
        }

    def urls(self) -> list[Any]:
        from django.urls import include, path

        return [path("jwt-allauth/", include("jwt_allauth.urls"))]

    def log_in(self) -> Tokens:
        found = call("POST", "/jwt-allauth/login/", {"email": EMAIL, "password": PASSWORD}).json()
        return Tokens(found["access"], found["refresh"])

    def refresh(self, refresh: str | None) -> Tokens | None:
        response = call("POST", "/jwt-allauth/refresh/", {"refresh": refresh})
        return Tokens(**response.json()) if response.status_code == 200 else None

    def log_out(self, tokens: Tokens) -> bool:
        response = call("POST", "/jwt-allauth/logout/", {"refresh": tokens.refresh}, tokens.access)
        return bool(response.status_code == 200)

    def log_out_everywhere(self, tokens: Tokens) -> bool:
        return bool(call("POST", "/jwt-allauth/logout-all/", access=tokens.access).status_code == 200)

    def change_password(self, tokens: Tokens) -> bool:
        body = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        return bool(call("POST", "/jwt-allauth/password/change/", body, tokens.access).status_code == 200)


class TokenForge(Library):
    package = "django-tokenforge"
    authentication = "tokenforge.security.authentication.BearerTokenAuthentication"
    apps = ["tokenforge"]

    def settings(self) -> dict[str, Any]:
        return {
            "TOKENFORGE": {
                "ACCESS_TOKEN_SIGNING_KEY": os.environ["SECRET_KEY"] * 2,
                "ACCESS_TOKEN_DENYLIST_ENABLED": True,
                "REFRESH_TOKEN_COOKIE_SECURE": True,
            },
            # Its documentation asks for this only for a model of your own, but its migration needs it.
            "TOKENFORGE_TOKEN_MODEL": "tokenforge.RefreshToken",
        }

    def strict(self) -> dict[str, Any]:
        # Not stricter, but the answer of this library to a lost response.
        grace = {"REFRESH_REUSE_GRACE_SECONDS": 30} if "grace" in os.environ["ROW"] else {}
        return {"TOKENFORGE": self.settings()["TOKENFORGE"] | grace}

    def deactivated(self, user: Any) -> None:
        from tokenforge.security.authentication import UserCache

        UserCache.invalidate(str(user.pk))

    def urls(self) -> list[Any]:
        from django.contrib.auth import authenticate
        from django.urls import include, path
        from rest_framework.decorators import api_view, authentication_classes, permission_classes
        from rest_framework.response import Response
        from tokenforge.security.fingerprinting import RequestFingerprint
        from tokenforge.services.refresh import RefreshTokenService
        from tokenforge.tokens import AccessToken

        # The package has no view for the login.
        @api_view(["POST"])
        @authentication_classes([])
        @permission_classes([])
        def log_in(request: Any) -> Response:
            user = authenticate(request, **request.data)
            fingerprint = RequestFingerprint(request).compute()
            refresh, _ = RefreshTokenService.create(user=user, fingerprint=fingerprint)
            access, _ = AccessToken.create(user_id=str(user.id), fingerprint=fingerprint)
            return Response({"access": access, "refresh": refresh})

        return [path("login/", log_in), path("api/v1/auth/", include("tokenforge.urls"))]

    def log_in(self) -> Tokens:
        return Tokens(**call("POST", "/login/", {"username": NAME, "password": PASSWORD}).json())

    def refresh(self, refresh: str | None) -> Tokens | None:
        body, platform = {"refresh_token": refresh}, {"X-Client-Platform": "mobile"}
        response = call("POST", "/api/v1/auth/mobile/token/refresh/", body, **platform)
        if response.status_code != 200:
            return None
        return Tokens(response.json()["access_token"], response.json()["refresh_token"])

    def log_out(self, tokens: Tokens) -> bool:
        response = call("POST", "/api/v1/auth/logout/", {"refresh_token": tokens.refresh}, tokens.access)
        return bool(response.status_code == 204)

    def log_out_everywhere(self, tokens: Tokens) -> bool:
        return bool(call("POST", "/api/v1/auth/logout-all/", access=tokens.access).status_code == 204)


class Ours(Library):
    package = "final"

    def log_in(self) -> Tokens:
        return self.read(call("POST", "/api/login", {"email": EMAIL, "password": PASSWORD}))

    def read(self, response: Any) -> Tokens:
        return Tokens(response.json()["access_token"], response.json()["refresh_token"])

    def refresh(self, refresh: str | None) -> Tokens | None:
        response = call("POST", "/api/refresh", {"refresh_token": refresh})
        return self.read(response) if response.status_code == 200 else None

    def log_out(self, tokens: Tokens) -> bool:
        return bool(call("POST", "/api/logout", access=tokens.access).status_code == 204)

    def log_out_everywhere(self, tokens: Tokens) -> bool:
        return bool(call("DELETE", "/api/sessions", access=tokens.access).status_code == 204)

    def change_password(self, tokens: Tokens) -> bool:
        body = {"password": PASSWORD, "new_password": NEW_PASSWORD}
        return bool(call("POST", "/api/password/change", body, tokens.access).status_code == 200)


LIBRARIES = {
    "simplejwt": SimpleJWT(),
    "DRF's token": DRFToken(),
    "knox": Knox(),
    "django-allauth": Allauth(),
    "django-jwt-allauth": JWTAllauth(),
    "django-tokenforge": TokenForge(),
    "AllowAny": Library(),
}


@cache
def library() -> Library:
    """The library of this process. `ROW` names it, or one of our stages."""
    return LIBRARIES.get(os.environ["ROW"].partition(", ")[0], Ours())


def rsa_key(bits: int, public: bool = False) -> str:
    """The key of this row, which all its processes share."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )

    path = Path(os.environ["FOLDER"], f"rsa-{bits}.pem")
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if public:
        key = load_pem_private_key(path.read_bytes(), None).public_key()  # type: ignore[assignment]
        return str(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())  # type: ignore[attr-defined]
    return path.read_text()


def configure(strict: bool = False) -> None:
    """Set up a new project with this library, as its documentation describes."""
    import django
    import environ
    from django.conf import settings

    chosen, tuned = library(), "tuned" in os.environ["ROW"]
    installed = ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles"]
    session, authentication, message = (f"django.contrib.{path}Middleware" for path in PAGES)
    csrf, frame = "django.middleware.csrf.CsrfViewMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware"
    middleware = [TUNED[0], session, TUNED[1], csrf, authentication, message, frame]
    env = environ.Env()
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE_PATH"]}
    database = env.db() if "DATABASE_URL" in env else file
    settings.configure(
        SECRET_KEY=os.environ["SECRET_KEY"],
        ALLOWED_HOSTS=["api.example.com"],
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in installed), "rest_framework", *chosen.apps],
        MIDDLEWARE=[*(TUNED if tuned else middleware), *chosen.middleware],
        ROOT_URLCONF=__name__,
        AUTH_USER_MODEL=chosen.user_model,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        DATABASES={"default": database | {"CONN_MAX_AGE": 60}},
        USE_TZ=True,
        SECURE_SSL_REDIRECT=True,
        SECURE_HSTS_SECONDS=3600,
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [chosen.authentication] if chosen.authentication else [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "DEFAULT_THROTTLE_RATES": dict.fromkeys(["anon", "user", "refresh_token"], None),
        },
        **chosen.settings() | (chosen.strict() if strict else {}),
    )
    django.setup()
    globals()["urlpatterns"] = [*chosen.urls(), me(tuned)]


def me(tuned: bool) -> Any:
    """The URL of /api/me, which returns three columns of the user."""
    from django.contrib.auth import get_user_model
    from django.urls import path
    from rest_framework import serializers
    from rest_framework.permissions import AllowAny, IsAuthenticated
    from rest_framework.response import Response
    from rest_framework.views import APIView

    protected = library().authentication is not None
    nobody = get_user_model()(id=1, email=EMAIL, username=NAME)

    class UserSerializer(serializers.ModelSerializer):
        class Meta:
            model = get_user_model()
            fields = ["id", "email", "username"]

    class Plain(serializers.Serializer):
        id = serializers.IntegerField()
        email = serializers.CharField()
        username = serializers.CharField()

    class Me(APIView):
        permission_classes = [IsAuthenticated if protected else AllowAny]

        def get(self, request: Any) -> Response:
            return Response((Plain if tuned else UserSerializer)(request.user if protected else nobody).data)

    return path("api/me", Me.as_view())
