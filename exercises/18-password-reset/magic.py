from django.db import transaction
from django.utils import timezone
from rest_framework.response import Response

from authentication.links import DEPENDS_ON, read_link, use_link
from authentication.serializers import LinkSerializer
from authentication.sessions import start_session, tokens_of
from authentication.views import NO_STORE, PublicAPIView, read

LOG_IN = "log-in"
DEPENDS_ON[LOG_IN] = ["email", "password", "last_login"]


class MagicLoginAPIView(PublicAPIView):
    """
    Takes the token of a link, and logs in its owner.
    """

    def post(self, request):
        user = read_link(LOG_IN, read(LinkSerializer, request)["token"])

        with transaction.atomic():
            use_link(LOG_IN, user, last_login=timezone.now())
            tokens = tokens_of(start_session(user, request))

        return Response(tokens, headers=NO_STORE)
