from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import Q
from django.utils import timezone

from authentication.models import Session


class Command(BaseCommand):
    help = "Removes the sessions that nobody can refresh any more."

    def handle(self, **options):
        now = timezone.now()
        unused = Q(refreshed_at__lt=now - settings.JWT_REFRESH_LIFETIME)
        too_old = Q(created_at__lt=now - settings.SESSION_LIFETIME)
        removed, _ = Session.objects.filter(unused | too_old).delete()
        self.stdout.write(f"Sessions removed: {removed}")
