import re

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.utils.encoding import force_bytes

# RFC 7518, section 3.2: a key for HS256 has at least the 256 bits of its hash.
MINIMUM_KEY_BYTES = 32

# With locmem, each process has its own cache. In the others, `incr` takes two steps, or none.
CANNOT_COUNT = tuple(
    f"django.core.cache.backends.{name}." for name in ["locmem", "db", "filebased", "dummy"]
)


@register(Tags.security)
def check_signing_key(app_configs, **kwargs):
    lengths = {
        name: len(force_bytes(getattr(settings, name)))
        for name in ["SECRET_KEY", "JWT_SIGNING_KEY"]
    }

    return [
        Error(
            f"{name} has {length} bytes, too few to sign with.",
            hint=f"Use at least {MINIMUM_KEY_BYTES} random bytes.",
            id="authentication.E001",
        )
        for name, length in lengths.items()
        if length < MINIMUM_KEY_BYTES
    ]


@register(Tags.security)
def check_keys_differ(app_configs, **kwargs):
    if settings.JWT_SIGNING_KEY != settings.SECRET_KEY:
        return []

    return [
        Error(
            "JWT_SIGNING_KEY and SECRET_KEY are the same key.",
            hint="Set two different keys, so that you can replace one without the other.",
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

    if settings.JWT_SIGNING_KEY.startswith("django-insecure-"):
        warnings.append(
            Warning(
                "JWT_SIGNING_KEY is the public default in the settings.",
                hint="Set the environment variable JWT_SIGNING_KEY.",
                id="authentication.W001",
            )
        )

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
