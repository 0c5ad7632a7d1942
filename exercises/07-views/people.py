from rest_framework.permissions import IsAdminUser
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.models import User


class PeopleAPIView(APIView):
    """
    Lists the usernames of all users, for the staff.
    """

    permission_classes = [IsAdminUser]

    def get(self, request):
        return Response(list(User.objects.order_by("username").values_list("username", flat=True)))
