import re

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.utils.encoding import force_bytes

from .keys import all_keys

# RFC 7518, section 3.2: a key for HS256 has at least the 256 bits of its hash.
MINIMUM_KEY_BYTES = 32

# With locmem, each process has its own cache. In the others, `incr` takes two steps, or none.
CANNOT_COUNT = tuple(
    f"django.core.cache.backends.{name}." for name in ["locmem", "db", "filebased", "dummy"]
)


@register(Tags.security)
def check_secret_key(app_configs, **kwargs):
    length = len(force_bytes(settings.SECRET_KEY))

    if length >= MINIMUM_KEY_BYTES:
        return []

    return [
        Error(
            f"SECRET_KEY has {length} bytes, too few to sign with.",
            hint=f"Use at least {MINIMUM_KEY_BYTES} random bytes.",
            id="authentication.E001",
        )
    ]


@register(Tags.security)
def check_signing_keys(app_configs, **kwargs):
    if all_keys():
        return []

    return [
        Error(
            "JWT_KEYS_DIR has no key to sign tokens with.",
            hint="Run `python manage.py makesigningkey`.",
            id="authentication.E002",
        )
    ]


@register(Tags.security)
def check_throttles(app_configs, **kwargs):
    errors = [
        Error(
            f"{rate!r} is not a valid rate for {scope}.",
            hint="Write a number and a period, such as 60/minute.",
            id="authentication.E003",
        )
        for scope, rate in settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].items()
        if not re.fullmatch(r"[1-9]\d*/(second|minute|hour|day)", rate)
    ]

    proxies = settings.REST_FRAMEWORK.get("NUM_PROXIES")

    if proxies is None:
        errors.append(
            Error(
                "NUM_PROXIES is not set, so a client that sends X-Forwarded-For has no rate limit.",
                hint="Set NUM_PROXIES to the number of proxies in front of this server, or to 0.",
                id="authentication.E004",
            )
        )
    elif proxies < 0:
        errors.append(
            Error(
                f"NUM_PROXIES is {proxies}, but it must be 0 or more.",
                hint="Set NUM_PROXIES to the number of proxies in front of this server, or to 0.",
                id="authentication.E005",
            )
        )

    return errors


@register(Tags.security, deploy=True)
def check_deployment(app_configs, **kwargs):
    warnings = []

    if settings.CACHES["default"]["BACKEND"].startswith(CANNOT_COUNT):
        warnings.append(
            Warning(
                "The cache cannot count the requests of all processes together.",
                hint="Set CACHE_URL to a cache that all share, such as redis://localhost:6379.",
                id="authentication.W002",
            )
        )

    if "*" in settings.ALLOWED_HOSTS:
        warnings.append(
            Warning(
                "ALLOWED_HOSTS contains *, so a client can write any host into its request.",
                hint="Set ALLOWED_HOSTS to the host names of the API.",
                id="authentication.W003",
            )
        )

    return warnings
