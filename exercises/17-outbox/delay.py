from django.utils import timezone

from authentication.models import Mail


def mail_delay():
    """
    Returns for how many seconds the oldest email has been due.
    """
    now = timezone.now()
    oldest = Mail.objects.filter(due__lte=now).order_by("due").first()
    return int((now - oldest.due).total_seconds()) if oldest else 0
