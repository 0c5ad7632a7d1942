import hmac
import json
import socket
import string
import time
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from jwt.utils import base64url_encode

from authentication.keys import all_keys, public_jwk
from authentication.tokens import read_token


def test_a_user_has_a_token(user, token):
    """A token is a signed string that identifies the user of its session.

    `issue_token` signs the claims with `jwt.encode`, which returns a `str`.
    """
    assert isinstance(token, str)
    assert read_token(token)["sub"] == str(user.pk)


def test_a_token_has_six_claims(user, token, settings):
    """A token has the claims `sub`, `sid`, `iat`, `exp`, `iss` and `aud`, and no others."""
    claims = read_token(token)

    assert claims == {
        "sub": str(user.pk),
        "sid": str(user.sessions.get().pk),
        "iat": claims["iat"],
        "exp": claims["iat"] + settings.JWT_LIFETIME.total_seconds(),
        "iss": "tutorial",
        "aud": "tutorial-api",
    }


def test_iat_is_the_current_time(user, token_for):
    """`iat` is the current time in seconds since 1970 in UTC, whatever the time zone is."""
    before = int(time.time())
    claims = read_token(token_for(user))

    assert before <= claims["iat"] <= time.time()


def test_an_access_token_expires_after_five_minutes(settings):
    """The lifetime is a setting. It is short, because a client can refresh the token."""
    assert settings.JWT_LIFETIME == timedelta(minutes=5)


def test_a_token_is_signed_with_ed25519(token):
    """The header of a token names its type, its algorithm, and the key that has signed it."""
    assert jwt.get_unverified_header(token) == {
        "typ": "at+jwt",
        "alg": "EdDSA",
        "kid": "2026-01-01T000000Z-0f1e2d3c",
    }


def test_a_token_of_another_type_is_rejected(forge):
    """A token of another type is rejected (RFC 8725, section 3.11)."""
    for typ in ["JWT", "rt+jwt"]:
        with pytest.raises(jwt.InvalidTokenError, match="^The token is of another type.$"):
            read_token(forge(typ=typ))


def test_an_expired_token_raises_its_own_error(user, token_for, settings):
    """An expired token is rejected with its own error."""
    settings.JWT_LIFETIME = timedelta(seconds=-11)

    with pytest.raises(jwt.ExpiredSignatureError):
        read_token(token_for(user))


@pytest.mark.parametrize(
    ("claim", "accepted", "refused", "error"),
    [("iat", 5, 60, jwt.ImmatureSignatureError), ("exp", -5, -15, jwt.ExpiredSignatureError)],
    ids=["iat", "exp"],
)
def test_clocks_may_differ_by_ten_seconds(forge, settings, claim, accepted, refused, error):
    """A token from a server whose clock is a few seconds ahead or behind is accepted.

    PyJWT takes a `leeway`, for `iat` and for `exp`.
    """
    assert settings.JWT_LEEWAY == timedelta(seconds=10)
    now = int(time.time())
    read_token(forge(**{claim: now + accepted}))

    with pytest.raises(error):
        read_token(forge(**{claim: now + refused}))


@pytest.mark.parametrize("claim", ["sub", "sid", "iat", "exp"])
def test_a_token_without_a_claim_is_rejected(forge, claim):
    """All six claims are required: a token that lacks one is rejected.

    Without `exp` a token would never expire.
    """
    with pytest.raises(jwt.MissingRequiredClaimError):
        read_token(forge(**{claim: ...}))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iat", True),
        ("exp", 9999999999.5),
        ("iss", "somebody-else"),
        ("aud", ["tutorial-api"]),
    ],
    ids=[
        "iat is true",
        "exp is a fraction",
        "iss",
        "aud is a list",
    ],
)
def test_a_token_with_a_wrong_claim_is_rejected(forge, claim, value):
    """A token is rejected if a claim has a value or type that we do not issue."""
    with pytest.raises(jwt.InvalidTokenError):
        read_token(forge(**{claim: value}))


def test_a_token_signed_with_another_key_is_rejected(forge, attacker):
    """A token that was signed with another key is rejected."""
    with pytest.raises(jwt.InvalidSignatureError):
        read_token(forge(key=attacker))


def test_a_token_signed_with_the_secret_key_is_rejected(forge, settings):
    """A token signed with Django's secret key is rejected: only the keys in the folder sign."""
    with pytest.raises(jwt.InvalidAlgorithmError):
        read_token(forge(key=settings.SECRET_KEY, algorithm="HS256"))


def test_a_token_signed_with_another_algorithm_is_rejected(forge):
    """Only Ed25519 is accepted. The header of a token does not choose the algorithm."""
    for algorithm, key in [
        ("HS512", "the key does not matter here, as it is never looked at" * 2),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
    ]:
        with pytest.raises(jwt.InvalidAlgorithmError):
            read_token(forge(key=key, algorithm=algorithm))


def test_a_key_of_another_curve_is_rejected(forge):
    """The algorithm `EdDSA` has a second curve, Ed448. A token signed with it is rejected."""
    with pytest.raises(jwt.InvalidSignatureError):
        read_token(forge(key=Ed448PrivateKey.generate()))


def test_the_public_key_is_not_a_secret_for_hs256(token, forge):
    """Everybody knows the public key. A token signed with it as if it were a secret is rejected.

    `algorithms` lists only the algorithm that we sign with.
    """
    claims = token.split(".")[1]
    kid = jwt.get_unverified_header(token)["kid"]
    public = all_keys()[kid].public_key()
    header = base64url_encode(json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": kid}).encode())
    signed = f"{header.decode()}.{claims}"

    for secret in [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes_raw(),
        json.dumps(public_jwk(kid, all_keys()[kid])).encode(),
    ]:
        signature = base64url_encode(hmac.digest(secret, signed.encode(), "sha256")).decode()

        with pytest.raises(jwt.InvalidAlgorithmError):
            read_token(f"{signed}.{signature}")


def test_a_token_cannot_bring_its_own_key(forge, attacker, monkeypatch):
    """A key in the header (`jwk`), or its address (`jku`, `x5u`), is ignored and never fetched."""
    monkeypatch.setattr(socket.socket, "connect", lambda *args: pytest.fail("it was fetched"))
    jwk = public_jwk("mallory", attacker)

    for headers in [
        {"jwk": jwk},
        {"jku": "http://127.0.0.1:9/jwks.json"},
        {"x5u": "http://127.0.0.1:9/certificate.pem"},
    ]:
        with pytest.raises(jwt.InvalidSignatureError):
            read_token(forge(key=attacker, headers=headers))
        with pytest.raises(jwt.InvalidTokenError, match="^The token was not signed with a key of"):
            read_token(forge(key=attacker, headers=headers | {"kid": "mallory"}))


def test_a_key_is_not_looked_for_outside_the_folder(forge, attacker, keys, settings, tmp_path):
    """A `kid` chooses one of our keys. It is never part of a path, so `../` leads nowhere.

    The attacker has uploaded a key, to a folder that the server can read.
    """
    keys("2026-01-01T000000Z-0f1e2d3c")
    keys("../uploaded", attacker)

    for kid in ["../uploaded", str(tmp_path / "uploaded"), "../uploaded.pem", "/dev/null", "\0"]:
        with pytest.raises(jwt.InvalidTokenError, match="^The token was not signed with a key of"):
            read_token(forge(key=attacker, headers={"kid": kid}))


def test_a_token_without_the_name_of_a_key_is_rejected(forge):
    """A token names its key. `kid` is a text; without it, we don't try one key after the other."""
    for kid in [..., None, 1, ["2026-01-01T000000Z-0f1e2d3c"]]:
        text = forge()
        header = {"alg": "EdDSA", "typ": "at+jwt"} | ({} if kid is ... else {"kid": kid})
        header = base64url_encode(json.dumps(header).encode()).decode()

        with pytest.raises(jwt.InvalidTokenError):
            read_token(f"{header}.{text.partition('.')[2]}")


def test_a_token_without_a_signature_is_rejected(forge):
    """A token without a signature (`alg: none`) is rejected."""
    with pytest.raises(jwt.InvalidAlgorithmError):
        read_token(forge(key="", algorithm="none"))


def test_a_token_that_was_changed_is_rejected(token, forge):
    """A token whose claims were changed after it was signed is rejected."""
    header, _, signature = token.split(".")
    _, claims, _ = forge(sub="2").split(".")

    with pytest.raises(jwt.InvalidSignatureError):
        read_token(f"{header}.{claims}.{signature}")


def test_a_signature_in_another_spelling_is_rejected(token):
    """A signature in another spelling is rejected, even if it decodes to the same bytes.

    PyJWT itself rejects all of these except the "=" at the end.
    """
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    same_bytes = letters[letters.index(token[-1]) + 1]

    for other in [f"{token}=", f"{token}!!!!", f"{token[:-1]}{same_bytes}"]:
        for text in [other, other.encode()]:
            with pytest.raises(jwt.InvalidTokenError):
                read_token(text)


def test_a_malformed_token_is_rejected():
    """Bytes that are not a token are rejected like any other invalid token."""
    for text in [b"a.b.c", b"\xff.\xff.\xff"]:
        with pytest.raises(jwt.InvalidTokenError):
            read_token(text)


def test_a_key_that_is_long_enough_passes_the_check(settings):
    """A key of 32 bytes, the length of an HS256 signature, is long enough."""
    settings.SECRET_KEY = "k" * 32

    assert run_checks(tags=["security"]) == []


def test_a_key_that_is_too_short_is_reported(settings):
    """A key of less than 32 bytes causes an error that says how many it has."""
    settings.SECRET_KEY = "k" * 31

    (error,) = run_checks(tags=["security"])
    assert error.id == "authentication.E001"
    assert error.msg == "SECRET_KEY has 31 bytes, too few to sign with."
    assert error.hint == "Use at least 32 random bytes."


def test_a_project_with_a_short_key_does_not_start(settings):
    """`migrate` and `runserver` begin with the checks, so a short key stops them.

    `ready()` in `authentication/apps.py` imports the module that registers the check.
    """
    settings.SECRET_KEY = "short"

    with pytest.raises(SystemCheckError, match="authentication.E001"):
        call_command("check")
