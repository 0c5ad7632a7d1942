import jwt
from django.conf import settings
from django.utils import timezone

ALGORITHM = "HS256"
REQUIRED_CLAIMS = ["sub", "sid", "iat", "exp", "iss", "aud"]


def issue_token(session):
    """
    Return a signed JSON Web Token that identifies the user of this session
    until `settings.JWT_LIFETIME` has passed, or the session ends.
    """
    now = timezone.now()
    claims = {
        "sub": str(session.user_id),
        "sid": str(session.pk),
        "iat": now,
        "exp": now + settings.JWT_LIFETIME,
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
    }
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, algorithm=ALGORITHM)


def read_token(token):
    """
    Return the claims of a token that `issue_token` made.

    Raises `jwt.ExpiredSignatureError` for a token that has expired, and
    `jwt.InvalidTokenError`, its base class, for any other invalid token.
    """
    claims = jwt.decode(
        token,
        settings.JWT_SIGNING_KEY,
        algorithms=[ALGORITHM],
        issuer=settings.JWT_ISSUER,
        audience=settings.JWT_AUDIENCE,
        leeway=settings.JWT_LEEWAY,
        options={"require": REQUIRED_CLAIMS, "strict_aud": True},
    )

    # PyJWT ignores a "=" at the end. A token has none (RFC 7515, section 2).
    if token[-1:] in ("=", b"="):
        raise jwt.InvalidTokenError("A token does not end with '='.")

    # PyJWT would take "1799999999" and True for a time; we issue neither.
    if type(claims["iat"]) is not int or type(claims["exp"]) is not int:
        raise jwt.InvalidTokenError("iat and exp must be whole numbers.")

    return claims
