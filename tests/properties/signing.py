"""Signs tokens that we would never issue, with the project's key."""

import jwt
from django.utils import timezone

from authentication.keys import signing_key


def sign(payload, typ):
    """Returns a token with these bytes as its claims, and this type in its header."""
    kid, key = signing_key(timezone.now())
    return jwt.PyJWS().encode(payload, key, "EdDSA", {"typ": typ, "kid": kid})
