import jwt
from django.conf import settings
from django.utils import timezone

ALGORITHM = "HS256"
REQUIRED_CLAIMS = ["sub", "iat", "exp", "iss", "aud"]


def issue_token(user):
    """
    Return a signed JSON Web Token that identifies this user until
    `settings.JWT_LIFETIME` has passed.
    """
    now = timezone.now()
    claims = {
        "sub": str(user.pk),
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
    return jwt.decode(
        token,
        settings.JWT_SIGNING_KEY,
        algorithms=[ALGORITHM],
        issuer=settings.JWT_ISSUER,
        audience=settings.JWT_AUDIENCE,
        leeway=settings.JWT_LEEWAY,
        options={"require": REQUIRED_CLAIMS, "strict_aud": True},
    )
