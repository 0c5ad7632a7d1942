from contextlib import suppress

from django.contrib.auth.management.commands import changepassword

from authentication.models import User


class Command(changepassword.Command):
    """
    Finds the user by email, in upper or lower case.
    """

    def handle(self, *args, **options):
        # If there is no such user, Django's own command says so.
        with suppress(User.DoesNotExist):
            options["username"] = User.objects.get_by_natural_key(options["username"]).email

        return super().handle(*args, **options)
