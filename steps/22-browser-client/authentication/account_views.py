from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from . import mail
from .backends import JWTAuthentication
from .links import CHANGE_EMAIL, RESET_PASSWORD, VERIFY_EMAIL, dead_link, read_link, use_link
from .models import User
from .outbox import send_later
from .serializers import (
    WRONG_PASSWORD,
    ChangeEmailSerializer,
    ChangePasswordSerializer,
    EmailSerializer,
    LinkSerializer,
    PasswordSerializer,
    ResetPasswordSerializer,
    check_password_rules,
)
from .sessions import start_session, tokens_of
from .throttles import GuessThrottle, MailThrottle, RecoveryThrottle, RegistrationThrottle
from .views import NO_STORE, PublicAPIView, accepted, read


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
            send_later(mail.PASSWORD_CHANGED, request.user.email)

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
            send_later(mail.DELETED, request.user.email)

        return done()


class ResetPasswordAPIView(PublicAPIView):
    """
    Sends a link that sets a new password.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        email = read(EmailSerializer, request)["email"]
        MailThrottle(RESET_PASSWORD, email).count(request)
        send_later(RESET_PASSWORD, email)

        return accepted()


class ConfirmPasswordAPIView(PublicAPIView):
    """
    Takes the new password, and the token of the link that allows it.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        data = read(ResetPasswordSerializer, request)
        user, _ = read_link(RESET_PASSWORD, data["token"])
        check_password_rules("new_password", data["new_password"], user)

        with transaction.atomic():
            # The user has opened an email, so the address belongs to them.
            use_link(
                RESET_PASSWORD,
                user,
                password=make_password(data["new_password"]),
                email_verified_at=user.email_verified_at or timezone.now(),
            )
            user.sessions.all().delete()
            send_later(mail.PASSWORD_CHANGED, user.email)

        # A user who has forgotten the password has probably tried old ones before.
        GuessThrottle(user.email).forget(request)

        return done()


class ResendVerificationAPIView(TokenOnlyAPIView):
    """
    Sends a link that verifies your email.
    """

    def post(self, request):
        user = request.user
        MailThrottle(VERIFY_EMAIL, user.email).count(request)
        send_later(VERIFY_EMAIL, user.email, user)

        return accepted()


class VerifyEmailAPIView(PublicAPIView):
    """
    Takes the token of the link that verifies your email.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        user, _ = read_link(VERIFY_EMAIL, read(LinkSerializer, request)["token"])
        use_link(VERIFY_EMAIL, user, email_verified_at=timezone.now())

        return done()


class ChangeEmailAPIView(TokenOnlyAPIView):
    """
    Sends a link to your new email, and a warning to the old one.
    """

    # Like a registration, it sends email to people who have not asked for it.
    throttle_classes = [RecoveryThrottle, RegistrationThrottle]

    def post(self, request):
        user, email = request.user, read(ChangeEmailSerializer, request)["email"]
        MailThrottle(CHANGE_EMAIL, email).count(request)

        with transaction.atomic():
            send_later(mail.CHANGE_ASKED, user.email)
            send_later(CHANGE_EMAIL, email, user)

        return accepted()


class ConfirmEmailAPIView(PublicAPIView):
    """
    Takes the token of the link that changes your email.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        user, email = read_link(CHANGE_EMAIL, read(LinkSerializer, request)["token"])

        try:
            with transaction.atomic():
                use_link(CHANGE_EMAIL, user, email=email, email_verified_at=timezone.now())
                user.sessions.all().delete()
                send_later(mail.CHANGED, user.email)
        except IntegrityError:
            # Another user has taken the email since the link was sent.
            raise dead_link()

        return done()
