import hashlib
import ipaddress
import logging

from redis.exceptions import RedisError
from rest_framework import status
from rest_framework.exceptions import APIException, Throttled
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from .models import User

logger = logging.getLogger(__name__)


def client_address(request):
    """
    Returns the client's IP address in one form, or "" if it is unknown. See `NUM_PROXIES`.
    """
    address = _ip_address(BaseThrottle().get_ident(request))

    # A proxy can write "unknown". Then all such requests count as one client, the proxy.
    return address or _ip_address(request.META.get("REMOTE_ADDR"))


def _ip_address(text):
    """
    Removes the port and the zone, and the prefix of an IPv4 address in an IPv6 one.
    """
    text = (text or "").partition("%")[0]

    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]

    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""

    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped

    return str(address)


class CannotCount(APIException):
    """
    The cache is down. Without a count there is no limit, so we reject every attempt.
    """

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = {
        "detail": "The server cannot count requests right now. Try again later.",
        "code": "try_again_later",
    }

    wait = 10  # seconds, sent as the header `Retry-After`


class AddressThrottle(SimpleRateThrottle):
    """
    Counts the requests of one IP address. `incr` is one step in the cache. Django REST
    Framework's own throttles take two, and miss one of two simultaneous requests.
    """

    def get_ident(self, request):
        """
        The IP address. A household has 2 to the 64 addresses in IPv6, which count as one.
        """
        address = client_address(request)

        if ":" in address:
            return str(ipaddress.ip_network(f"{address}/64", strict=False))

        return address

    def get_cache_key(self, request, view):
        """
        One key for each client and window of time. The hash makes every key short.
        """
        digest = hashlib.sha256(repr(self.get_ident(request)).encode()).hexdigest()
        return f"throttle:{self.scope}:{digest}:{int(self.timer() // self.duration)}"

    def allow_request(self, request, view=None):
        key = self.get_cache_key(request, view)

        try:
            self.cache.add(key, 0, self.duration)
            return self.cache.incr(key) <= self.num_requests
        except (RedisError, ValueError):
            # `incr` raises ValueError if the cache has lost the key since `add`.
            logger.exception("The cache cannot count requests.")
            raise CannotCount()

    def wait(self):
        """
        The seconds until the next window begins.
        """
        return self.duration - self.timer() % self.duration


class LoginThrottle(AddressThrottle):
    scope = "login"


class RegistrationThrottle(AddressThrottle):
    scope = "registration"


class RecoveryThrottle(AddressThrottle):
    scope = "recovery"


class AccountThrottle(AddressThrottle):
    """
    Counts requests that contain one email. Django REST Framework checks the throttles of
    a view before it reads the body. So `count` is called later, when the email is known.
    """

    def __init__(self, email):
        super().__init__()
        self.email = User.objects.normalize_email(email).lower()

    def count(self, request):
        """
        Raises `Throttled`, which is a 429, when there have been too many.
        """
        if not self.allow_request(request):
            raise Throttled(self.wait())


class GuessThrottle(AccountThrottle):
    """
    Counts the guesses at one account that come from one address.
    """

    scope = "guess"

    def get_ident(self, request):
        return super().get_ident(request), self.email

    def forget(self, request):
        """
        Resets the count after a successful login.
        """
        try:
            self.cache.delete(self.get_cache_key(request, view=None))
        except RedisError:
            logger.exception("The cache cannot forget a count.")


class MailThrottle(AccountThrottle):
    """
    Counts the emails of one kind to one inbox, from whatever IP address they are requested.
    """

    scope = "mail"

    def __init__(self, kind, email):
        super().__init__(email)
        self.kind = kind

    def get_ident(self, request):
        return self.kind, self.email
