import jwt
from django.conf import settings
from django.utils import timezone

from .keys import all_keys, signing_key

ALGORITHM = "EdDSA"
# The types of tokens, as their headers name them. The first name is from RFC 9068.
ACCESS = "at+jwt"
REFRESH = "rt+jwt"

CLAIMS = ["sub", "sid", "iat", "exp", "iss", "aud"]
REQUIRED_CLAIMS = {ACCESS: CLAIMS, REFRESH: [*CLAIMS, "jti"]}


def issue_token(session):
    """
    Return a signed JSON Web Token that identifies the user of this session
    until `settings.JWT_LIFETIME` has passed, or the session ends.
    """
    now = timezone.now()
    return _sign(session, ACCESS, now, now + settings.JWT_LIFETIME)


def issue_refresh_token(session):
    """
    Return a signed JSON Web Token that refreshes this session once, until
    `session.expires_at`. Until the next refresh it is the same token, byte for byte.
    """
    issued_at, expires_at = session.refreshed_at, session.expires_at
    return _sign(session, REFRESH, issued_at, expires_at, jti=str(session.refresh_id))


def _sign(session, typ, issued_at, expires_at, **more):
    claims = {
        "sub": str(session.user_id),
        "sid": str(session.pk),
        "iat": issued_at,
        "exp": expires_at,
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
    }
    kid, key = signing_key(issued_at)
    return jwt.encode(claims | more, key, algorithm=ALGORITHM, headers={"typ": typ, "kid": kid})


def read_token(token, typ=ACCESS):
    """
    Return the claims of a token of this type that we have issued.

    Raises `jwt.ExpiredSignatureError` for a token that has expired, and
    `jwt.InvalidTokenError`, its base class, for any other invalid token.
    """
    keys = all_keys()
    kid = jwt.get_unverified_header(token).get("kid")

    # An attacker can write anything into the header. So it only chooses one of our own keys.
    if kid not in keys:
        raise jwt.InvalidTokenError("The token was not signed with a key of ours.")

    decoded = jwt.decode_complete(
        token,
        keys[kid].public_key(),
        algorithms=[ALGORITHM],
        issuer=settings.JWT_ISSUER,
        audience=settings.JWT_AUDIENCE,
        leeway=settings.JWT_LEEWAY,
        options={"require": REQUIRED_CLAIMS[typ], "strict_aud": True},
    )

    claims = decoded["payload"]

    # PyJWT ignores a "=" at the end. A token has none (RFC 7515, section 2).
    if token[-1:] in ("=", b"="):
        raise jwt.InvalidTokenError("A token does not end with '='.")

    if decoded["header"].get("typ") != typ:
        raise jwt.InvalidTokenError("The token is of another type.")

    # PyJWT would take "1799999999" and True for a time; we issue neither.
    if type(claims["iat"]) is not int or type(claims["exp"]) is not int:
        raise jwt.InvalidTokenError("iat and exp must be whole numbers.")

    return claims
