"""Another service. It verifies access tokens, and cannot sign any."""

import json
import os
import time

import jwt

JWKS_URL = os.environ.get("JWKS_URL", "http://127.0.0.1:8000/.well-known/jwks.json")


# Fetches the public keys of the API, at most once a minute, even while the API is down.
class Keys(jwt.PyJWKClient):
    fetched_at = -60

    def fetch_data(self):
        if time.monotonic() < self.fetched_at + 60:
            raise jwt.PyJWKClientConnectionError("The keys were asked for less than a minute ago.")

        self.fetched_at = time.monotonic()
        return super().fetch_data()


keys = Keys(JWKS_URL, lifespan=300, cooldown_duration=60, timeout=5)


def read_token(token):
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("The token is of another type.")

    return jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["EdDSA"],
        issuer="tutorial",
        audience="tutorial-api",
        leeway=10,
        options={"require": ["sub", "iat", "exp", "iss", "aud"], "strict_aud": True},
    )


def application(environ, start_response):
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")

    try:
        status, body = "200 OK", {"sub": read_token(token)["sub"]}
    except jwt.PyJWKClientConnectionError:
        status, body = "503 Service Unavailable", {"detail": "The keys cannot be fetched."}
    except jwt.PyJWTError:
        status, body = "401 Unauthorized", {"detail": "The token is invalid."}

    start_response(status, [("Content-Type", "application/json"), ("WWW-Authenticate", "Bearer")])
    return [json.dumps(body).encode()]
