from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.backends import JWTAuthentication


class LogoutOthersAPIView(APIView):
    """
    Ends all your sessions, except the one of this request.
    """

    # A request with the admin's cookie has no session of ours to keep.
    authentication_classes = [JWTAuthentication]

    def post(self, request):
        request.user.sessions.exclude(pk=request.auth.pk).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)
