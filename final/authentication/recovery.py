from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from . import mail
from .backends import JWTAuthentication
from .links import (
    CHANGE_EMAIL,
    RESET_PASSWORD,
    VERIFY_EMAIL,
    dead_link,
    make_link,
    read_link,
    update_if_same,
    use_link,
)
from .models import User
from .serializers import (
    WRONG_PASSWORD,
    ChangeEmailSerializer,
    ChangePasswordSerializer,
    EmailSerializer,
    LinkSerializer,
    PasswordSerializer,
    ResetPasswordSerializer,
    check_new_password,
)
from .throttles import GuessThrottle, MailThrottle, RecoveryThrottle
from .views import NO_STORE, PublicAPIView


def read(serializer_class, request):
    """
    Return what a request holds, after the serializer has found it right.
    """
    serializer = serializer_class(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def accepted():
    """
    The one answer to all who ask for mail, whether there will be any or not.
    """
    detail = "If there is something to send, a mail is on its way."
    return Response({"detail": detail}, status=status.HTTP_202_ACCEPTED, headers=NO_STORE)


def done():
    return Response(status=status.HTTP_204_NO_CONTENT, headers=NO_STORE)


class TokenOnlyAPIView(APIView):
    """
    A view for people who have logged in to the API.
    """

    # A page of another site can use the cookie of the admin, and has no token.
    authentication_classes = [JWTAuthentication]
    throttle_classes = [RecoveryThrottle]


class ResendVerificationAPIView(TokenOnlyAPIView):
    """
    Sends the link that verifies your email once more.
    """

    def post(self, request):
        user = request.user
        MailThrottle(mail.VERIFY, user.email).count(request)

        if user.email_verified_at is None:
            mail.send_later(mail.VERIFY, user.email, make_link(VERIFY_EMAIL, user, user.email))

        return accepted()


class VerifyEmailAPIView(PublicAPIView):
    """
    Takes the token of that link.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        user, _ = read_link(VERIFY_EMAIL, read(LinkSerializer, request)["token"])
        use_link(VERIFY_EMAIL, user, email_verified_at=timezone.now())

        return done()


class ResetPasswordAPIView(PublicAPIView):
    """
    Sends a link that sets a new password.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        email = read(EmailSerializer, request)["email"]
        MailThrottle(mail.RESET, email).count(request)
        user = User.objects.with_email(email).filter(is_active=True).first()

        if user and user.has_usable_password():
            mail.send_later(mail.RESET, user.email, make_link(RESET_PASSWORD, user, user.email))

        return accepted()


class ConfirmPasswordAPIView(PublicAPIView):
    """
    Takes the token of that link, and the new password.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        data = read(ResetPasswordSerializer, request)
        user, _ = read_link(RESET_PASSWORD, data["token"])
        check_new_password(data["new_password"], user)

        with transaction.atomic():
            # Whoever has read that mail has shown that the email is theirs.
            use_link(
                RESET_PASSWORD,
                user,
                password=make_password(data["new_password"]),
                email_verified_at=user.email_verified_at or timezone.now(),
            )
            user.sessions.all().delete()

        # Whoever has forgotten a password has guessed at it before.
        GuessThrottle(user.email).forget(request)

        return done()


class ChangePasswordAPIView(TokenOnlyAPIView):
    """
    Sets a new password, and ends all sessions but this one.
    """

    def post(self, request):
        data = read(ChangePasswordSerializer, request)
        password = make_password(data["new_password"])

        with transaction.atomic():
            if not update_if_same(request.user, ["password"], password=password):
                raise ValidationError(WRONG_PASSWORD)

            request.user.sessions.exclude(pk=request.auth.pk).delete()

        return done()


class ChangeEmailAPIView(TokenOnlyAPIView):
    """
    Sends a link to your new email, and a warning to the old one.
    """

    def post(self, request):
        user, email = request.user, read(ChangeEmailSerializer, request)["email"]
        MailThrottle(mail.CHANGE, email).count(request)
        mail.send_later(mail.CHANGE_ASKED, user.email)
        owner = User.objects.with_email(email).exclude(pk=user.pk).first()

        if owner:
            mail.send_later(mail.TAKEN, owner.email)
        else:
            mail.send_later(mail.CHANGE, email, make_link(CHANGE_EMAIL, user, email))

        return accepted()


class ConfirmEmailAPIView(PublicAPIView):
    """
    Takes the token of that link.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        user, email = read_link(CHANGE_EMAIL, read(LinkSerializer, request)["token"])

        try:
            with transaction.atomic():
                use_link(CHANGE_EMAIL, user, email=email, email_verified_at=timezone.now())
                mail.send_later(mail.CHANGED, user.email)
        except IntegrityError:
            # Somebody else has taken the email since the link was sent.
            raise dead_link()

        return done()


class DeleteAccountAPIView(TokenOnlyAPIView):
    """
    Deletes your account, and all that belongs to it.
    """

    def post(self, request):
        read(PasswordSerializer, request)

        with transaction.atomic():
            # Locks the row, so that nobody logs in meanwhile.
            if not update_if_same(request.user, ["password"], is_active=False):
                raise ValidationError(WRONG_PASSWORD)

            request.user.delete()

        return done()
