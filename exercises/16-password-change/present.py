from django.core.exceptions import ValidationError


class NotThePresentPasswordValidator:
    """
    Refuses a new password that is the same as the old one.
    """

    def validate(self, password, user=None):
        if user is not None and user.check_password(password):
            raise ValidationError("This is your present password. Choose another one.")

    def get_help_text(self):
        return "Your password can’t be the one that you have now."
