from django.core.management.base import BaseCommand

from authentication.keys import make_key, remove_old_keys


class Command(BaseCommand):
    help = "Makes a key to sign tokens with, and removes the keys that no token needs any more."

    # They fail while there is no key.
    requires_system_checks = []

    def handle(self, **options):
        self.stdout.write(f"New key: {make_key().stem}")

        for kid in remove_old_keys():
            self.stdout.write(f"Removed: {kid}")
