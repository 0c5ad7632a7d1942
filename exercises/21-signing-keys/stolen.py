from django.conf import settings

from authentication.keys import all_keys, make_key


def replace_key(kid):
    """
    Replace a key that was stolen. Its tokens are rejected at once.
    """
    if kid not in all_keys():
        raise ValueError(f"There is no key {kid}.")

    make_key()
    (settings.JWT_KEYS_DIR / f"{kid}.pem").unlink()
