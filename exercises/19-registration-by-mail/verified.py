from rest_framework.permissions import IsAuthenticated


class HasVerifiedEmail(IsAuthenticated):
    """
    Allows users who have proved that they can read their inbox.
    """

    message = "Verify your email first."

    def has_permission(self, request, view):
        allowed = super().has_permission(request, view)
        return allowed and request.user.email_verified_at is not None
