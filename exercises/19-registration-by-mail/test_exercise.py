from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from authentication.models import User
from exercises.verified import HasVerifiedEmail


class InvitationAPIView(APIView):
    permission_classes = [HasVerifiedEmail]

    def post(self, request):
        return Response({"detail": "Invited."})


def invite(token=""):
    headers = {"Authorization": f"Bearer {token}"} if token else None
    response = InvitationAPIView.as_view()(APIRequestFactory().post("/", headers=headers))
    return response.status_code, response.data["detail"]


def test_a_user_with_a_verified_email_is_allowed(token):
    """A user with a verified email may use the view."""
    User.objects.update(email_verified_at=timezone.now())
    assert invite(token) == (200, "Invited.")


def test_a_user_without_a_verified_email_gets_a_403(token):
    """Without a verified email, the response is 403, and its text says what to do.

    DRF returns the `message` of the permission class.
    """
    assert invite(token) == (403, "Verify your email first.")


def test_a_request_without_a_token_gets_a_401():
    """Without a token, the response is 401."""
    assert invite() == (401, "Authentication credentials were not provided.")
