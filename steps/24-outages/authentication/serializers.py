from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework import exceptions, serializers

from .links import dead_link
from .mail import can_reach
from .models import Session, User
from .sessions import WRONG_CREDENTIALS
from .throttles import GuessThrottle

# Django's own forms have no limit. A longer password that was set there works only in the admin.
MAX_PASSWORD_LENGTH = 4096

WRONG_PASSWORD = {"password": ["The password is wrong."]}


class NormalizedEmailField(serializers.EmailField):
    """
    An email in the one spelling in which we store it. The validators of a
    field see what `to_internal_value` returns, so they compare that spelling.
    """

    def to_internal_value(self, data):
        return User.objects.normalize_email(super().to_internal_value(data))


class NormalizedUsernameField(serializers.CharField):
    """
    A username in the one spelling in which we store it.
    """

    def to_internal_value(self, data):
        username = super().to_internal_value(data)

        # Normalizing a long text takes seconds. The validators then reject it.
        short = len(username) <= self.max_length
        return User.normalize_username(username) if short else username


class PasswordField(serializers.CharField):
    """
    A password exactly as it was typed. It is never part of a response.
    """

    def __init__(self):
        super().__init__(
            max_length=MAX_PASSWORD_LENGTH,
            trim_whitespace=False,
            write_only=True,
        )


def check_password_rules(field, password, user):
    """
    Checks a new password against the rules of `AUTH_PASSWORD_VALIDATORS`.
    """
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise serializers.ValidationError({field: error.messages})


class RegistrationSerializer(serializers.ModelSerializer):
    """
    Creates a new user.
    Username and password are required. The email comes from a link.
    """

    username = NormalizedUsernameField(
        max_length=255,
        validators=[User.username_validator, User.no_email_validator],
    )

    password = PasswordField()

    class Meta:
        model = User
        fields = ["username", "password"]

    def validate(self, data):
        """
        Checks the password against the rules of `AUTH_PASSWORD_VALIDATORS`.
        """
        user = User(email=self.context["email"], username=data["username"])
        check_password_rules("password", data["password"], user)

        return data

    def create(self, validated_data):
        email = self.context["email"]

        try:
            with transaction.atomic():
                return User.objects.create_user(
                    email=email, email_verified_at=timezone.now(), **validated_data
                )
        except IntegrityError:
            # One of the two is taken. If it is the email, the link has been used.
            if User.objects.with_email(email).exists():
                raise dead_link()

            raise serializers.ValidationError({"username": ["This username is already taken."]})


class LoginSerializer(serializers.Serializer):
    """
    Authenticates an existing user.
    Email and password are required.
    """

    email = NormalizedEmailField(write_only=True)
    password = PasswordField()

    def validate(self, data):
        """
        Finds the user that the email and the password belong to.
        """
        request = self.context["request"]
        guesses = GuessThrottle(data["email"])
        guesses.count(request)

        user = authenticate(request, username=data["email"], password=data["password"])

        if user is None:
            raise exceptions.AuthenticationFailed(WRONG_CREDENTIALS)

        guesses.forget(request)

        return {"user": user}


class TokenField(serializers.CharField):
    """
    A token as text. Django REST Framework would turn a number into text.
    """

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")

        return super().to_internal_value(data)


class RefreshSerializer(serializers.Serializer):
    """
    Takes a refresh token.
    """

    refresh_token = TokenField(max_length=4096)


class LinkSerializer(serializers.Serializer):
    """
    Takes the token of a link that we have sent.
    """

    token = serializers.CharField(max_length=4096)


class EmailSerializer(serializers.Serializer):
    """
    Takes an email address that can be reached.
    """

    email = NormalizedEmailField(max_length=254, validators=[User.one_spelling_validator])

    def validate_email(self, email):
        if not can_reach(email):
            raise serializers.ValidationError("We cannot send an email to this address.")

        return email


class PasswordSerializer(serializers.Serializer):
    """
    Asks a user who has logged in for the password again.
    """

    password = PasswordField()

    def validate(self, data):
        """
        Counts as a guess, together with those at the login.
        """
        request = self.context["request"]
        guesses = GuessThrottle(request.user.email)
        guesses.count(request)

        if not request.user.check_password(data["password"]):
            raise serializers.ValidationError(WRONG_PASSWORD)

        guesses.forget(request)

        return data


class ChangeEmailSerializer(EmailSerializer, PasswordSerializer):
    """
    Takes the new email and the password.
    """


class ChangePasswordSerializer(PasswordSerializer):
    """
    Takes the old password and the new one.
    """

    new_password = PasswordField()

    def validate(self, data):
        data = super().validate(data)
        user = self.context["request"].user
        check_password_rules("new_password", data["new_password"], user)

        return data


class ResetPasswordSerializer(LinkSerializer):
    """
    Takes the token of a link and the new password.
    """

    new_password = PasswordField()


class UserSerializer(serializers.ModelSerializer):
    """
    Shows users their own account.
    """

    class Meta:
        model = User
        fields = ["id", "email", "username"]
        read_only_fields = fields


class SessionSerializer(serializers.ModelSerializer):
    """
    Shows a session to its user.
    """

    current = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ["id", "created_at", "refreshed_at", "user_agent", "address", "current"]
        read_only_fields = fields

    def get_current(self, session) -> bool:
        return session == self.context["request"].auth
