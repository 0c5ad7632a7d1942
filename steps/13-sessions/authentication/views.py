from django.db import transaction
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from .backends import JWTAuthentication
from .serializers import LoginSerializer, RegistrationSerializer, UserSerializer
from .sessions import start_session, tokens_of
from .throttles import LoginThrottle, RegistrationThrottle

# A response with a token is for one client, so no cache on the way may keep it.
NO_STORE = {"Cache-Control": "no-store"}


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


class RegistrationAPIView(PublicAPIView):
    """
    Registers a new user.
    """

    serializer_class = RegistrationSerializer
    throttle_classes = [RegistrationThrottle]

    def post(self, request):
        """
        Creates a new User object.
        Username, email, and password are required.
        Returns a JSON web token.
        """
        serializer = self.serializer_class(data=request.data)
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

    serializer_class = LoginSerializer
    throttle_classes = [LoginThrottle]

    def post(self, request):
        """
        Checks if the user exists.
        Email and password are required.
        Returns a JSON web token.
        """
        serializer = self.serializer_class(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)

        user = serializer.validated_data["user"]
        tokens = tokens_of(start_session(user, request))

        return Response(tokens, status=status.HTTP_200_OK, headers=NO_STORE)


class CurrentUserAPIView(APIView):
    """
    Tells who you are.
    """

    def get(self, request):
        return Response(UserSerializer(request.user).data)
