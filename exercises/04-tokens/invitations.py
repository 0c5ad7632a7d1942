from datetime import timedelta

import jwt
from django.conf import settings
from django.utils import timezone

from authentication.tokens import ALGORITHM, REQUIRED_CLAIMS

AUDIENCE = "tutorial-invitation"
LIFETIME = timedelta(days=7)


def invite(email):
    now = timezone.now()
    claims = {
        "sub": email,
        "iat": now,
        "exp": now + LIFETIME,
        "iss": settings.JWT_ISSUER,
        "aud": AUDIENCE,
    }
    return jwt.encode(claims, settings.SECRET_KEY, algorithm=ALGORITHM)


def read_invitation(token):
    claims = jwt.decode(
        token,
        settings.SECRET_KEY,
        algorithms=[ALGORITHM],
        issuer=settings.JWT_ISSUER,
        audience=AUDIENCE,
        options={"require": REQUIRED_CLAIMS, "strict_aud": True},
    )
    return claims["sub"]
