from django.db import transaction
from django.http import JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from rest_framework import status
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from .backends import JWTAuthentication
from .keys import all_keys, public_jwk
from .links import REGISTER, read_registration_link
from .outbox import send_later
from .serializers import (
    EmailSerializer,
    LinkSerializer,
    LoginSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    SessionSerializer,
    UserSerializer,
)
from .sessions import end_session, refresh_session, start_session, tokens_of
from .throttles import LoginThrottle, MailThrottle, RecoveryThrottle, RegistrationThrottle

# A response with a token is for one client, so no cache on the way may keep it.
NO_STORE = {"Cache-Control": "no-store"}


def read(serializer_class, request):
    """
    Returns the valid data of a request. Otherwise the response is a 400.
    """
    serializer = serializer_class(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def accepted():
    """
    The response to every request for an email, whether one is sent or not.
    """
    detail = "If there is something to send, an email is on its way."
    return Response({"detail": detail}, status=status.HTTP_202_ACCEPTED, headers=NO_STORE)


class PublicAPIView(APIView):
    """
    A view for people who have no token yet, or an old one: it does not read
    the `Authorization` header at all.
    """

    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request):
        """
        Without an authentication class to ask, Django REST Framework would
        turn a 401 into a 403. So this view names the challenge itself.
        """
        return JWTAuthentication.challenge


@cache_control(public=True, max_age=300)
def jwks(request):
    """
    The public keys, with which every service can verify our tokens (RFC 7517).
    """
    keys = [public_jwk(kid, key) for kid, key in all_keys().items()]
    return JsonResponse({"keys": keys}, content_type="application/jwk-set+json")


class RegistrationAPIView(PublicAPIView):
    """
    Sends a link with which a new user can register.
    """

    throttle_classes = [RegistrationThrottle]

    def post(self, request):
        """
        Only the email is required.
        """
        email = read(EmailSerializer, request)["email"]
        MailThrottle(REGISTER, email).count(request)
        send_later(REGISTER, email)

        return accepted()


class ConfirmRegistrationAPIView(PublicAPIView):
    """
    Takes the token of that link, and registers a new user.
    """

    throttle_classes = [RecoveryThrottle]

    def post(self, request):
        """
        Creates a new User object.
        Token, username, and password are required.
        Returns an access token and a refresh token.
        """
        email = read_registration_link(read(LinkSerializer, request)["token"])
        serializer = RegistrationSerializer(data=request.data, context={"email": email})
        serializer.is_valid(raise_exception=True)

        # If making the token fails, the user isn't saved either.
        with transaction.atomic():
            user = serializer.save()
            tokens = tokens_of(start_session(user, request))

        return Response(tokens, status=status.HTTP_201_CREATED, headers=NO_STORE)


class LoginAPIView(PublicAPIView):
    """
    Logs in an existing user.
    """

    throttle_classes = [LoginThrottle]

    def post(self, request):
        """
        Checks if the user exists.
        Email and password are required.
        Returns an access token and a refresh token.
        """
        user = read(LoginSerializer, request)["user"]
        tokens = tokens_of(start_session(user, request))

        return Response(tokens, status=status.HTTP_200_OK, headers=NO_STORE)


# With ATOMIC_REQUESTS, DRF would roll back the end of the session because of the 401.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class RefreshAPIView(PublicAPIView):
    """
    Exchanges a refresh token for new tokens.
    """

    def post(self, request):
        session = refresh_session(read(RefreshSerializer, request)["refresh_token"])

        return Response(tokens_of(session), headers=NO_STORE)


class CurrentUserAPIView(APIView):
    """
    Tells who you are.
    """

    def get(self, request):
        return Response(UserSerializer(request.user).data)


class LogoutAPIView(APIView):
    """
    Ends the session of the refresh token in the body. Without one, ends the session of
    the access token in the header.
    """

    # A request with the admin's cookie has no session of ours to end.
    authentication_classes = [JWTAuthentication]
    permission_classes = [AllowAny]

    def perform_authentication(self, request):
        """
        Django REST Framework reads the header here, before `post`, and refuses an expired
        token. This view reads it later, with `request.auth`, and only if it has to.
        """

    def post(self, request):
        serializer = RefreshSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)

        if "refresh_token" in serializer.validated_data:
            end_session(serializer.validated_data["refresh_token"])
        elif request.auth:
            request.auth.delete()
        else:
            raise NotAuthenticated

        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionListAPIView(ListAPIView):
    """
    Shows your sessions, the newest first.
    """

    serializer_class = SessionSerializer

    def get_queryset(self):
        # The key decides between sessions of the same moment, so that no page repeats one.
        return self.request.user.sessions.order_by("-created_at", "pk")

    def delete(self, request):
        """
        Ends all your sessions.
        """
        request.user.sessions.all().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionAPIView(APIView):
    """
    Ends one of your sessions.
    """

    def delete(self, request, pk):
        deleted, _ = request.user.sessions.filter(pk=pk).delete()

        if not deleted:
            raise NotFound

        return Response(status=status.HTTP_204_NO_CONTENT)
