from rest_framework import serializers

from authentication.serializers import RegistrationSerializer

RESERVED = {"admin", "root", "support"}


class ReservedRegistrationSerializer(RegistrationSerializer):
    """
    Registers no user under a name that looks official.
    """

    def validate_username(self, username):
        if username.casefold() in RESERVED:
            raise serializers.ValidationError("This username is reserved.")

        return username
