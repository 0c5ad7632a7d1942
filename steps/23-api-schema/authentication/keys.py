import secrets
from functools import cache
from itertools import pairwise

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils import timezone
from jwt.algorithms import OKPAlgorithm

# The name of a key begins with the time from which it signs, in UTC.
SIGNS_FROM = "%Y-%m-%dT%H%M%SZ"


def all_keys():
    """
    Return our private keys by name, the oldest first, as they are in the folder now.
    """
    paths = sorted(settings.JWT_KEYS_DIR.glob("*.pem"))

    # On your own machine, the first key is made when it is needed.
    if settings.DEBUG and not paths:
        paths = [make_key()]

    return {path.stem: _read(path) for path in paths}


def signing_key(now):
    """
    Return the name of the key that signs at this time, and the key.
    """
    keys = all_keys()
    started = [kid for kid in keys if kid < f"{now:{SIGNS_FROM}}"]
    kid = max(started, default=min(keys))
    return kid, keys[kid]


def public_jwk(kid, key):
    """
    Return the public half of a key as a JSON Web Key (RFC 7517).
    """
    jwk = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"kid": kid, "alg": "EdDSA", "use": "sig"}


def make_key():
    """
    Write a new key into the folder, and return its path.
    """
    folder = settings.JWT_KEYS_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    signs_from = timezone.now() + settings.JWT_KEY_DELAY
    path = folder / f"{signs_from:{SIGNS_FROM}}-{secrets.token_hex(4)}.pem"

    # No other user of the machine may read it, and no process finds half a key.
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    unfinished = path.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(pem)

    return unfinished.rename(path)


def remove_old_keys():
    """
    Remove the keys whose last token has expired, and return their names.
    """
    expired = timezone.now() - settings.JWT_REFRESH_LIFETIME - settings.JWT_LEEWAY
    old = [kid for kid, following in pairwise(all_keys()) if following < f"{expired:{SIGNS_FROM}}"]

    for kid in old:
        (settings.JWT_KEYS_DIR / f"{kid}.pem").unlink()

    return old


# A file never changes: another key has another name.
@cache
def _read(path):
    # No variable holds the text of the file, because an error page shows variables.
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)

    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} is not an Ed25519 key.")

    return key
