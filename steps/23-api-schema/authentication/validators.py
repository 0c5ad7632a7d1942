from django.core.exceptions import ValidationError


class NotOnlySpacesValidator:
    """
    Refuses a password that has nothing but spaces and characters that nobody sees.
    """

    def validate(self, password, user=None):
        if not any(character.isprintable() and character != " " for character in password):
            raise ValidationError("This password has only spaces.", code="password_only_spaces")

    def get_help_text(self):
        return "Your password can’t have only spaces."
