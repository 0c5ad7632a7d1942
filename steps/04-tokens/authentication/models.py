from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils import timezone

from .managers import UserManager
from .tokens import issue_token


class User(AbstractBaseUser, PermissionsMixin):
    """
    Defines our custom user class.
    Username, email and password are required.
    """

    username_validator = UnicodeUsernameValidator()

    username = models.CharField(
        max_length=255,
        unique=True,
        validators=[username_validator],
    )
    email = models.EmailField(unique=True)

    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    # The `USERNAME_FIELD` property tells us which field we will use to log in.
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    # `createsuperuser` asks for these, in addition to email and password.
    REQUIRED_FIELDS = ["username"]

    objects = UserManager()

    def __str__(self):
        return self.username

    @property
    def token(self):
        """
        A new token for this user. Each time this is read, it signs another.
        """
        return self._generate_jwt_token()

    def clean(self):
        super().clean()
        self.email = User.objects.normalize_email(self.email)
        self.username = self.normalize_username(self.username)

    def get_full_name(self):
        return self.username

    def get_short_name(self):
        return self.username

    def _generate_jwt_token(self):
        """
        Generates a JSON Web Token that identifies this user.
        """
        return issue_token(self)
