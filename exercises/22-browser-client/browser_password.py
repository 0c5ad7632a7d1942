from authentication.account_views import ChangePasswordAPIView
from authentication.browser_views import needs_csrf_token, with_cookie


@needs_csrf_token
class BrowserChangePasswordAPIView(ChangePasswordAPIView):
    """
    Sets a new password, in a browser.
    """

    def post(self, request):
        return with_cookie(super().post(request))
