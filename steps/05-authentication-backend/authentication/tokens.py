import jwt
from django.conf import settings
from django.utils import timezone

ALGORITHM = "HS256"
REQUIRED_CLAIMS = ["sub", "iat", "exp", "iss", "aud"]


def issue_token(user):
    """
    Return a signed JSON Web Token that stands for this user until
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
    return jwt.encode(claims, settings.SECRET_KEY, algorithm=ALGORITHM)


def read_token(token):
    """
    Return the claims of a token that `issue_token` made.

    Raises `jwt.ExpiredSignatureError` for one that was good until it expired,
    and `jwt.InvalidTokenError`, its base class, for any other.
    """
    claims = jwt.decode(
        token,
        settings.SECRET_KEY,
        algorithms=[ALGORITHM],
        issuer=settings.JWT_ISSUER,
        audience=settings.JWT_AUDIENCE,
        options={"require": REQUIRED_CLAIMS, "strict_aud": True},
    )

    # PyJWT would take "1799999999" and True for a time; we issue neither.
    if type(claims["iat"]) is not int or type(claims["exp"]) is not int:
        raise jwt.InvalidTokenError("iat and exp must be whole numbers.")

    return claims
