from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from exercises.header import HeaderAuthentication


class Protected(APIView):
    authentication_classes = [HeaderAuthentication]

    def get(self, request):
        return Response(request.user.username)


def ask(**headers):
    return Protected.as_view()(APIRequestFactory().get("/", headers=headers))


def test_a_token_in_x_token_opens_a_view(token):
    """A valid token in the header `X-Token` opens a view."""
    assert ask(**{"X-Token": token}).data == "ada"


def test_a_bad_token_in_x_token_is_refused(token):
    """A bad token in `X-Token` returns 401, with the challenge that says so.

    DRF asks `authenticate_header` for the challenge, and it has to look at `X-Token` too.
    """
    response = ask(**{"X-Token": f"{token}x"})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'


def test_the_authorization_header_still_works(token):
    """Without `X-Token`, the class reads the `Authorization` header as before."""
    assert ask(Authorization=f"Bearer {token}").data == "ada"
    assert ask()["WWW-Authenticate"] == 'Bearer realm="api"'
