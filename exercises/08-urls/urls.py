from django.shortcuts import get_object_or_404
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.models import User


class ProfileAPIView(APIView):
    """
    Shows a user to other users.
    """

    def get(self, request, username):
        user = get_object_or_404(User, username=username)
        return Response({"username": user.username})


urlpatterns = [
    path("api/users/<str:username>", ProfileAPIView.as_view(), name="profile"),
    path("", include("config.urls")),
]
