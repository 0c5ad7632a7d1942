import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from django.core.management import call_command, execute_from_command_line
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.keys import all_keys, make_key, signing_key
from authentication.sessions import tokens_of
from authentication.tokens import issue_refresh_token, read_token

OLD, NEW = "2021-11-27T161500Z-5f2a9c01", "2021-12-27T161500Z-0b7e44d2"
PROJECT = Path(__file__).parent.parent


def broken_view(kid, key):
    return key.no_such_name


def signed_by(token):
    """The name of the key that has signed this token."""
    return jwt.get_unverified_header(token)["kid"]


@pytest.fixture
def clock(monkeypatch):
    """Set the time."""

    def clock(text):
        now = datetime.fromisoformat(text).replace(tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    return clock


def test_a_key_signs_from_the_time_in_its_name(keys):
    """A new key is only published until its time has come. Then it signs instead of the old one."""
    keys(OLD)
    keys(NEW)
    before = datetime(2021, 12, 27, 16, 15, tzinfo=UTC)
    after = before + timedelta(seconds=1)

    assert list(all_keys()) == [OLD, NEW]
    assert signing_key(before) == (OLD, all_keys()[OLD])
    assert signing_key(after) == (NEW, all_keys()[NEW])


def test_the_first_key_signs_at_once(keys, user, token_for):
    """The only key signs, even before its time: otherwise, nobody could log in."""
    keys("9999-01-01T000000Z-5f2a9c01")

    assert signed_by(token_for(user)) == "9999-01-01T000000Z-5f2a9c01"


def test_the_command_makes_a_key_that_signs_later(keys, clock, settings, capsys):
    """`makesigningkey` works without a key, prints the new name, and gives all time to fetch it."""
    clock("2021-11-27T16:00:00")
    execute_from_command_line(["manage.py", "makesigningkey"])
    (kid,) = all_keys()

    assert settings.JWT_KEY_DELAY == timedelta(minutes=15)
    assert kid.startswith("2021-11-27T161500Z-")
    assert capsys.readouterr().out == f"New key: {kid}\n"


def test_each_new_key_has_a_name_of_its_own(keys, clock):
    """Two keys that are made in the same second have different names, so both are kept."""
    clock("2021-11-27T16:00:00")

    assert len({make_key(), make_key()}) == len(all_keys()) == 2


def test_a_rotation_logs_nobody_out(keys, user, settings):
    """When a new key signs, the tokens of the old key still work, and can be refreshed."""
    keys(OLD)
    password = "correct horse battery staple"
    login = {"email": user.email, "password": password}
    old = APIClient().post("/api/login", login, format="json").json()
    settings.JWT_KEY_DELAY = timedelta(seconds=-1)
    call_command("makesigningkey")
    _, new_kid = all_keys()

    me = APIClient(headers={"Authorization": f"Bearer {old['access_token']}"}).get("/api/me")
    assert (me.status_code, me.json()["username"]) == (200, "ada")
    sent = {"refresh_token": old["refresh_token"]}
    refreshed = APIClient().post("/api/refresh", sent, format="json")
    new = refreshed.json()
    assert refreshed.status_code == 200
    names = ["access_token", "refresh_token"]
    assert [signed_by(old[name]) for name in names] == [OLD, OLD]
    assert [signed_by(new[name]) for name in names] == [new_kid, new_kid]


def test_a_repeated_refresh_gets_the_same_token_after_a_rotation(keys, user, clock):
    """A token is signed with the key of its `iat`. So a repeated refresh returns the same token."""
    keys(OLD)
    keys(NEW)
    session = user.sessions.create(refreshed_at=clock("2021-12-27T16:14:59"))
    first = issue_refresh_token(session)
    clock("2021-12-27T16:15:20")

    assert issue_refresh_token(session) == first
    assert signed_by(first) == OLD
    assert signed_by(tokens_of(session)["access_token"]) == NEW


def test_a_new_key_needs_no_restart(keys, settings):
    """Another process makes a key. This process publishes it at once, and keeps the old ones."""
    keys(OLD)
    before = all_keys()
    run = subprocess.run(
        [sys.executable, "manage.py", "makesigningkey"],
        cwd=PROJECT,
        env=os.environ | {"JWT_KEYS_DIR": str(settings.JWT_KEYS_DIR)},
        capture_output=True,
        text=True,
        check=True,
    )
    _, new = all_keys()

    assert run.stdout == f"New key: {new}\n"
    assert all_keys()[OLD] is before[OLD]


def test_a_removed_key_is_rejected_at_once(keys, user, token_for):
    """If a key is stolen, delete its file: then no token that it has signed is valid any more."""
    path = keys(OLD)
    stolen = token_for(user)
    keys(NEW)
    assert read_token(stolen)["sub"] == str(user.pk)
    path.unlink()

    with pytest.raises(jwt.InvalidTokenError, match="^The token was not signed with a key of ours"):
        read_token(stolen)


def test_a_key_is_kept_as_long_as_its_tokens_are_valid(keys, clock, capsys):
    """A key is removed when the next key has signed for as long as a refresh token is valid."""
    keys(OLD)
    keys(NEW)
    clock("2022-01-10T16:15:10")
    call_command("makesigningkey")
    assert list(all_keys())[:2] == [OLD, NEW]
    capsys.readouterr()

    clock("2022-01-10T16:15:11")
    call_command("makesigningkey")
    kept, _, made = all_keys()
    assert kept == NEW
    assert capsys.readouterr().out == f"New key: {made}\nRemoved: {OLD}\n"


def test_only_the_owner_reads_a_key(settings, tmp_path):
    """Other users of the machine can read neither the folder nor a key. Windows ignores this."""
    settings.JWT_KEYS_DIR = tmp_path / "new" / "keys"
    path = make_key()
    modes = [stat.S_IMODE(place.stat().st_mode) for place in [path, path.parent]]

    assert modes == ([0o666, 0o777] if sys.platform == "win32" else [0o600, 0o700])


def test_no_process_finds_half_a_key(keys, monkeypatch):
    """A key gets its name when it is complete. So if the disk is full, there is no broken key."""
    keys(OLD)

    def full(path, content):
        path.touch()
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left on device"):
        make_key()

    assert list(all_keys()) == [OLD]


def test_on_your_own_machine_the_first_key_is_made(keys, settings):
    """With DEBUG on, a project without a key makes one. Otherwise only the command makes keys."""
    assert all_keys() == {}

    settings.DEBUG = True
    assert len(all_keys()) == 1
    assert all_keys() == all_keys()


def test_a_key_file_of_another_type_is_refused(keys):
    """A key of another curve or type stops the project, and the error names the file."""
    for key in [Ed448PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())]:
        path = keys(OLD, key)

        with pytest.raises(ValueError, match=f"^{path.name} is not an Ed25519 key.$"):
            all_keys()


def test_the_public_keys_are_published(client, keys):
    """`/.well-known/jwks.json` has the public half of every key. Caches keep it for 5 minutes."""
    keys(OLD)
    keys(NEW)
    response = client.get("/.well-known/jwks.json")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/jwk-set+json"
    assert response["Cache-Control"] == "public, max-age=300"
    assert "Vary" not in response
    assert response.json() == {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": response.json()["keys"][number]["x"],
                "kid": kid,
                "alg": "EdDSA",
                "use": "sig",
            }
            for number, kid in enumerate([OLD, NEW])
        ]
    }


@pytest.mark.django_db
def test_a_private_key_is_shown_nowhere(keys, settings, client, caplog, monkeypatch):
    """A private key is in no response, no log and no `repr`, even on the error page of DEBUG."""
    path = keys(OLD)
    pem = path.read_text().splitlines()[1]
    raw = all_keys()[OLD].private_bytes_raw()
    secrets = [pem, raw.hex(), repr(raw), jwt.utils.base64url_encode(raw).decode()]
    broken = "MC4CAQAwBQYDK2VwBCIEIA"
    path.with_stem(NEW).write_text(broken)
    settings.DEBUG = True
    client.raise_request_exception = False

    page = client.get("/.well-known/jwks.json", headers={"Accept": "text/html"})
    path.with_stem(NEW).unlink()
    monkeypatch.setattr("authentication.views.public_jwk", broken_view)
    other_page = client.get("/.well-known/jwks.json", headers={"Accept": "text/html"})
    monkeypatch.undo()
    answer = client.get("/.well-known/jwks.json")

    assert [page.status_code, other_page.status_code, answer.status_code] == [500, 500, 200]
    assert "Ed25519PrivateKey object" in other_page.content.decode()
    shown = [response.content.decode() for response in [page, other_page, answer]]
    shown += [caplog.text, repr(all_keys()), str(signing_key(timezone.now()))]
    assert [secret for secret in [*secrets, broken] for text in shown if secret in text] == []
    assert json.loads(shown[2])["keys"][0].keys() == {"kty", "crv", "x", "kid", "alg", "use"}
