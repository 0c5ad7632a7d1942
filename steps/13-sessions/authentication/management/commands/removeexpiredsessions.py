from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from authentication.models import Session


class Command(BaseCommand):
    help = "Removes the sessions whose tokens have expired."

    def handle(self, **options):
        now = timezone.now()
        removed, _ = Session.objects.filter(created_at__lt=now - settings.JWT_LIFETIME).delete()
        self.stdout.write(f"Sessions removed: {removed}")
