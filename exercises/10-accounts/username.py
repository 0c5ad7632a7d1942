from django.contrib.auth.backends import ModelBackend

from authentication.models import User


class UsernameBackend(ModelBackend):
    """
    Checks a username and a password. A username has no @, so it is never somebody's email.
    """

    def authenticate(self, request, username=None, password=None):
        name = User.normalize_username(username or "").lower()
        user = User.objects.filter(username__lower=name).first()

        if user and user.check_password(password) and self.user_can_authenticate(user):
            return user
