import uuid

from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from .managers import LINK_FIELDS, UserManager

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
    email_verified_at = models.DateTimeField(null=True, editable=False)
    links_ended_at = models.DateTimeField(null=True, editable=False)

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

    def clean(self):
        super().clean()
        self.email = User.objects.normalize_email(self.email)
        self.username = self.normalize_username(self.username)

    def save(self, *args, update_fields=None, **kwargs):
        # Ends all links, as `UserQuerySet.update` does.
        if update_fields is None or LINK_FIELDS.intersection(update_fields):
            self.links_ended_at = timezone.now()
            update_fields = update_fields and {*update_fields, "links_ended_at"}

        # Django sets `_password` for a new password, and not when it hashes an old one again.
        password_changed = self._password is not None and not self._state.adding

        with transaction.atomic():
            super().save(*args, update_fields=update_fields, **kwargs)

            # A user who cannot log in any more keeps no sessions either.
            if password_changed or not self.is_active or not self.has_usable_password():
                self.sessions.all().delete()

            if password_changed:
                # Imported here, because `outbox` imports this module.
                from . import mail, outbox

                outbox.send_later(mail.PASSWORD_CHANGED, self.email)

    def check_password(self, raw_password):
        """
        Checks the password, and hashes it again when it has an old hash. Django would
        write that hash over a new password; this writes it only over the old one.
        """
        checked = self.password

        def hash_again(raw_password):
            self.password = hashers.make_password(raw_password)
            User.objects.filter(pk=self.pk, password=checked).update(password=self.password)

        return hashers.check_password(raw_password, checked, hash_again)

    def get_full_name(self):
        return self.username

    def get_short_name(self):
        return self.username


class Session(models.Model):
    """
    One login of one user on one device. Its tokens work as long as its row exists.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField(default=timezone.now)
    user_agent = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=45, blank=True)

    # The id of the valid refresh token, the id of the one before it, and the time of the change.
    refresh_id = models.UUIDField(default=uuid.uuid4, editable=False)
    previous_refresh_id = models.UUIDField(null=True, editable=False)
    refreshed_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def expires_at(self):
        """
        When the session ends: some time after its last refresh, but never later
        than `settings.SESSION_LIFETIME` after the login.
        """
        return min(
            self.refreshed_at + settings.JWT_REFRESH_LIFETIME,
            self.created_at + settings.SESSION_LIFETIME,
        )


class Mail(models.Model):
    """
    An email that waits to be sent. The row has no text and no link: both are
    made when the email is sent.
    """

    kind = models.CharField(max_length=32)
    email = models.EmailField()
    created_at = models.DateTimeField(default=timezone.now)

    # Whose link it is, and what the account was like at that time. There is no
    # constraint: the account can be deleted while the email waits.
    user = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    fingerprint = models.CharField(max_length=64, blank=True)

    # When to send it, or to try again, and how often that has been tried.
    due = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self):
        return f"{self.kind} since {self.created_at:%Y-%m-%d %H:%M}"
