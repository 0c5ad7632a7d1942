from django.contrib.auth.hashers import make_password
from django.db import transaction
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from .backends import JWTAuthentication
from .models import User
from .serializers import WRONG_PASSWORD, ChangePasswordSerializer, PasswordSerializer
from .sessions import start_session, tokens_of
from .throttles import RecoveryThrottle
from .views import NO_STORE, read


def done():
    return Response(status=status.HTTP_204_NO_CONTENT, headers=NO_STORE)


class TokenOnlyAPIView(APIView):
    """
    A view that accepts tokens only.
    """

    # A browser sends the cookie of the admin by itself, but never a token.
    authentication_classes = [JWTAuthentication]
    throttle_classes = [RecoveryThrottle]


class ChangePasswordAPIView(TokenOnlyAPIView):
    """
    Sets a new password, ends all sessions, and starts a new one.
    """

    def post(self, request):
        data = read(ChangePasswordSerializer, request)
        password = make_password(data["new_password"])

        with transaction.atomic():
            if not User.objects.update_if_same(request.user, ["password"], password=password):
                raise ValidationError(WRONG_PASSWORD)

            # The session of this request too: its tokens may have been copied.
            request.user.sessions.all().delete()
            request.user.password = password
            tokens = tokens_of(start_session(request.user, request))

        return Response(tokens, headers=NO_STORE)


class DeleteAccountAPIView(TokenOnlyAPIView):
    """
    Deletes your account, and everything that belongs to it.
    """

    def post(self, request):
        read(PasswordSerializer, request)

        with transaction.atomic():
            # Locks the row, so that no login can start a session meanwhile.
            if not User.objects.update_if_same(request.user, ["password"], is_active=False):
                raise ValidationError(WRONG_PASSWORD)

            request.user.delete()

        return done()
