import unicodedata

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.utils import timezone

# A change of these fields ends all links that were made before.
LINK_FIELDS = {"email", "is_active"}


class UserQuerySet(QuerySet):
    """
    Ends sessions like `User.save`, which Django does not call for a change of many users.
    """

    def update(self, **values):
        if LINK_FIELDS & values.keys():
            values["links_ended_at"] = timezone.now()

        if "is_active" not in values:
            return super().update(**values)

        from .models import Session  # Not above: that module imports this one.

        with transaction.atomic():
            updated = super().update(**values)
            Session.objects.filter(user__is_active=False).delete()

        return updated


class UserManager(BaseUserManager):
    """
    Django requires that custom users define their own Manager class. By
    inheriting from `BaseUserManager`, we get a lot of the same code used by
    Django to create a `User`.
    """

    use_in_migrations = True

    def get_queryset(self):
        return UserQuerySet(self.model, using=self._db)

    @classmethod
    def normalize_email(cls, email):
        """
        Returns the one spelling in which an email is stored, found and
        compared: normalized by NFKC, without spaces around it, and with
        the domain in lower case.
        """
        # Normalizing a long text takes seconds, and no email is that long.
        if len(email or "") > 254:
            return email

        email = unicodedata.normalize("NFKC", email or "").strip()

        # PostgreSQL turns this letter into i in lower case, and Python doesn't.
        return super().normalize_email(email.replace("İ", "I"))

    def update_if_same(self, user, fields, **values):
        """
        Changes the row of an active user whose fields are still what they were when the
        row was read. Returns 1, or 0 if nothing was changed.

        It is one statement, so of several requests at the same time one finds the row unchanged.
        """
        same = {field: getattr(user, field) for field in fields}
        return self.filter(pk=user.pk, is_active=True, **same).update(**values)

    def with_email(self, email):
        """
        Finds the user with this email, in upper or lower case: one, or none.
        """
        return self.filter(email__lower=Lower(Value(self.normalize_email(email))))

    def get_by_natural_key(self, email):
        return self.with_email(email).get()

    def _create_user(self, username, email, password=None, **extra_fields):
        username = AbstractBaseUser.normalize_username(username)
        email = self.normalize_email(email)

        if not username:
            raise ValueError("The given username must be set")

        if not email:
            raise ValueError("The given email must be set")

        user = self.model(username=username, email=email, **extra_fields)
        user.password = make_password(password)

        # `createsuperuser` shows these errors as sentences. The API has checked its own.
        if user.is_superuser:
            user.full_clean()

        user.save(using=self._db)

        return user

    def create_user(self, username, email, password=None, **extra_fields):
        """
        Create and return a `User` with an email, username and password.
        """
        extra_fields.setdefault("is_staff", False)
        extra_fields.setdefault("is_superuser", False)

        return self._create_user(username, email, password, **extra_fields)

    def create_superuser(self, username, email, password=None, **extra_fields):
        """
        Create and return a `User` with superuser (admin) permissions.
        """
        extra_fields.setdefault("is_staff", True)
        extra_fields.setdefault("is_superuser", True)

        if extra_fields["is_staff"] is not True:
            raise ValueError("Superuser must have is_staff=True.")

        if extra_fields["is_superuser"] is not True:
            raise ValueError("Superuser must have is_superuser=True.")

        return self._create_user(username, email, password, **extra_fields)
