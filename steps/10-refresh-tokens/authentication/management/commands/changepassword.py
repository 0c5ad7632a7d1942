from django.contrib.auth.management.commands import changepassword

from authentication.models import User


class Command(changepassword.Command):
    """
    Finds the user in whatever case the email is written.
    """

    def handle(self, *args, **options):
        email = options["username"]

        try:
            options["username"] = User.objects.get_by_natural_key(email).email
        except User.DoesNotExist:
            pass  # Django's own command says so.

        return super().handle(*args, **options)
