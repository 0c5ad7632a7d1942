from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from .managers import UserManager
from .tokens import issue_token

# Allows `email__lower` in queries. The constraints below have an index for it.
models.CharField.register_lookup(Lower)


class User(AbstractBaseUser, PermissionsMixin):
    """
    Defines our custom user class.
    Username, email and password are required.
    """

    username_validator = UnicodeUsernameValidator()
    no_email_validator = RegexValidator(
        "@",
        "A username cannot contain @: it could be taken for somebody's email.",
        inverse_match=True,
    )

    # A mail server delivers "ada"@example.com to the inbox of ada@example.com, and Python
    # sends an email for =?utf-8?q?ada?=@example.com there, too.
    one_spelling_validator = RegexValidator(
        r'"|=\?', "Enter an email without quotation marks and without =?.", inverse_match=True
    )

    username = models.CharField(
        max_length=255,
        unique=True,
        validators=[username_validator, no_email_validator],
    )
    email = models.EmailField(unique=True, validators=[one_spelling_validator])

    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    # The `USERNAME_FIELD` property tells us which field we will use to log in.
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    # `createsuperuser` asks for these, in addition to email and password.
    REQUIRED_FIELDS = ["username"]

    objects = UserManager()

    class Meta:
        # One account for each email and each username, in upper or lower case.
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_account_per_email",
                violation_error_message="This email is already taken.",
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="one_account_per_username",
                violation_error_message="This username is already taken.",
            ),
        ]

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
