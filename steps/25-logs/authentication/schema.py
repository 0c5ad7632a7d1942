import re

from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import AllowAny
from rest_framework.serializers import CharField, IntegerField, Serializer

from . import serializers
from .browser_views import cookie_name


class AccessTokenSerializer(Serializer):
    """
    What a page gets. Its refresh token is in a cookie.
    """

    access_token = CharField()
    token_type = CharField()
    expires_in = IntegerField()


class TokensSerializer(AccessTokenSerializer):
    """
    What every other client gets at login and at each refresh.
    """

    refresh_token = CharField()


class ConfirmSerializer(serializers.RegistrationSerializer, serializers.LinkSerializer):
    """
    What a new user sends. The view reads it in two steps.
    """

    class Meta(serializers.RegistrationSerializer.Meta):
        fields = ["token", "username", "password"]


class DetailSerializer(Serializer):
    """
    One sentence, which says what happened. With a 401, `code` says what a client can do.
    """

    detail = CharField()
    code = CharField(required=False)


# The errors of fields, such as {"email": ["This field is required."]}. JSON that cannot be
# read has no fields, and gets a `detail`.
INVALID = {
    "type": "object",
    "additionalProperties": {"type": ["array", "string"], "items": {"type": "string"}},
}

# How a client shows who it is, and a page that it is ours.
SCHEMES = {
    "access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "refresh_token": {"type": "apiKey", "in": "cookie", "name": cookie_name()},
    "csrf_token": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
}

# What each endpoint takes, the status and the body of its response, and errors of its own.
ENDPOINTS = {
    "POST /api/registration": (serializers.EmailSerializer, 202, DetailSerializer),
    "POST /api/registration/confirm": (ConfirmSerializer, 201, TokensSerializer),
    "POST /api/login": (serializers.LoginSerializer, 200, TokensSerializer, 401),
    "POST /api/refresh": (serializers.RefreshSerializer, 200, TokensSerializer, 401),
    "POST /api/logout": (serializers.RefreshSerializer(partial=True), 204, None),
    "GET /api/me": (None, 200, serializers.UserSerializer),
    "POST /api/me/delete": (serializers.PasswordSerializer, 204, None),
    "GET /api/sessions": (None, 200, serializers.SessionSerializer(many=True), 404),
    "DELETE /api/sessions": (None, 204, None),
    "DELETE /api/sessions/{id}": (None, 204, None, 404),
    "POST /api/password/change": (serializers.ChangePasswordSerializer, 200, TokensSerializer),
    "POST /api/password/reset": (serializers.EmailSerializer, 202, DetailSerializer),
    "POST /api/password/confirm": (serializers.ResetPasswordSerializer, 204, None),
    "POST /api/email/resend": (None, 202, DetailSerializer),
    "POST /api/email/verify": (serializers.LinkSerializer, 204, None),
    "POST /api/email/change": (serializers.ChangeEmailSerializer, 202, DetailSerializer),
    "POST /api/email/confirm": (serializers.LinkSerializer, 204, None),
    "POST /api/browser/login": (serializers.LoginSerializer, 200, AccessTokenSerializer, 401, 403),
    "POST /api/browser/registration/confirm": (ConfirmSerializer, 201, AccessTokenSerializer, 403),
    "POST /api/browser/refresh": (None, 200, AccessTokenSerializer, 401, 403),
    "POST /api/browser/logout": (None, 204, None, 403),
}


class Schema(AutoSchema):
    """
    Describes an endpoint with its row of the table, and with the errors of its view.
    """

    @property
    def row(self):
        return ENDPOINTS[f"{self.method} {self.path.rstrip('/')}"]

    def get_operation_id(self):
        # A client gets a function of this name: POST /api/login is `post_login`.
        words = re.findall(r"\w+", self.path.removeprefix("/api"))
        return "_".join([self.method.lower(), *words])

    def get_request_serializer(self):
        return self.row[0]

    def get_response_serializers(self):
        takes, status, returns, *statuses = self.row
        errors = dict.fromkeys([*statuses, 503], DetailSerializer)

        if takes:
            invalid = {"$ref": "#/components/schemas/Invalid"}
            errors |= {400: invalid, 413: DetailSerializer, 415: DetailSerializer}
        if self.view.authentication_classes:
            errors[401] = DetailSerializer
        if self.view.throttle_classes:
            errors[429] = DetailSerializer

        return {status: returns} | errors

    def get_auth(self):
        """
        What a client has to send. `{}` means that it need not send anything.
        """
        if self.path.startswith("/api/browser"):
            cookie = {"refresh_token": []} if "refresh" in self.path else {}
            return [{"csrf_token": []} | cookie]

        token = [{"access_token": []}] if self.view.authentication_classes else []
        return token + ([{}] if AllowAny in self.view.permission_classes else [])


def complete(result, generator, request, public):
    """
    Adds what no serializer describes, and corrects what the generator gets wrong: our paths
    need no slash, a pattern may be one that a value must *not* match, and OpenAPI 3.1 has no
    `nullable`.
    """
    result["paths"] = {path.rstrip("/"): item for path, item in result["paths"].items()}
    result["components"]["securitySchemes"] = SCHEMES

    for schema in result["components"]["schemas"].values():
        for field in schema["properties"].values():
            field.pop("pattern", None)

            if field.pop("nullable", False):
                field["type"] = [field["type"], "null"]

    result["components"]["schemas"]["Invalid"] = INVALID
    return result
