from authentication.throttles import AddressThrottle


class MeThrottle(AddressThrottle):
    """
    Counts the requests of one user.
    """

    scope = "me"
    rate = "3/minute"

    def get_ident(self, request):
        return request.user.pk
