import hashlib
import ipaddress
import logging

from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled
from rest_framework.throttling import SimpleRateThrottle

from .models import User

logger = logging.getLogger(__name__)


class AddressThrottle(SimpleRateThrottle):
    """
    Counts the requests that come from one address.

    Django REST Framework's own throttles read a list from the cache, add to it
    and write it back. Of two requests at once, one is forgotten. This one asks
    the cache to count: `incr` is one step, whoever else counts meanwhile.
    """

    def get_ident(self, request):
        """
        The address; of one in IPv6 its first half, which one household has.
        """
        text = super().get_ident(request)

        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text

        if address.version == 4 or address.ipv4_mapped:
            return text

        return str(ipaddress.ip_network((address, 64), strict=False))

    def get_cache_key(self, request, view):
        """
        Who is counted, and in which window of time. The hash makes one short
        text of whatever a client has sent.
        """
        digest = hashlib.sha256(repr(self.get_ident(request)).encode()).hexdigest()
        return f"throttle:{self.scope}:{digest}:{int(self.timer() // self.duration)}"

    def allow_request(self, request, view=None):
        key = self.get_cache_key(request, view)

        try:
            self.cache.add(key, 0, self.duration)
            return self.cache.incr(key) <= self.num_requests
        except (RedisError, ValueError):
            # Nobody may guess uncounted, so nobody gets in until the cache is back.
            logger.exception("The cache cannot count requests.")
            return False

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


class GuessThrottle(AddressThrottle):
    """
    Counts the guesses at one account that come from one address.
    """

    scope = "guess"

    def __init__(self, email):
        super().__init__()
        self.email = User.objects.normalize_email(email).lower()

    def get_ident(self, request):
        return super().get_ident(request), self.email

    def count(self, request):
        """
        Raises `Throttled`, which is a 429, when there have been too many.
        """
        if not self.allow_request(request):
            raise Throttled(self.wait())

    def forget(self, request):
        """
        Begins anew: whoever has logged in does not guess.
        """
        try:
            self.cache.delete(self.get_cache_key(request, view=None))
        except RedisError:
            logger.exception("The cache cannot forget a count.")


class MailThrottle(GuessThrottle):
    """
    Counts the mails to one email, whoever asks for them.
    """

    scope = "mail"

    def get_ident(self, request):
        return self.email
