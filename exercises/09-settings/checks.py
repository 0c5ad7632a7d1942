from datetime import timedelta

from django.conf import settings
from django.core.checks import Tags, Warning, register


@register(Tags.security, deploy=True)
def check_lifetime(app_configs, **kwargs):
    if settings.JWT_LIFETIME <= timedelta(days=1):
        return []

    return [
        Warning(
            "JWT_LIFETIME is more than a day, and nobody can revoke a token.",
            hint="Set it to an hour or less.",
            id="exercises.W001",
        )
    ]
