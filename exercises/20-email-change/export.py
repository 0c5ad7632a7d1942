from rest_framework import serializers
from rest_framework.response import Response

from authentication.account_views import TokenOnlyAPIView
from authentication.models import User
from authentication.serializers import SessionSerializer
from authentication.views import NO_STORE


class ExportSerializer(serializers.ModelSerializer):
    """
    Shows all that is stored about a user, except the hash of the password.
    """

    sessions = SessionSerializer(many=True)

    class Meta:
        model = User
        fields = ["email", "username", "date_joined", "email_verified_at", "sessions"]


class ExportAPIView(TokenOnlyAPIView):
    """
    Gives you a copy of your data.
    """

    def get(self, request):
        serializer = ExportSerializer(request.user, context={"request": request})
        return Response(serializer.data, headers=NO_STORE)
