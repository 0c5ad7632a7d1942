"""Tries the same attacks and mishaps on our project and on other libraries, and prints what happened.

`pg_virtualenv python -m nox -s speed -- --attacks` starts a process for each library, with PostgreSQL, because SQLite
lets only one request write at a time. benchmarks/peers.py has the configuration of the libraries: what their
documentation describes, with everything on that protects against copied tokens. Each row begins with a new login, and
uses the endpoints of the library itself. `-` means that the library has no such endpoint, or no refresh tokens.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from threading import Barrier
from typing import Any

import peers
from peers import NotOffered, Tokens

NAMES = ["final", "simplejwt", "knox", "django-allauth", "django-jwt-allauth", "django-tokenforge"]
NAMES += ["django-tokenforge, grace"]
AT_ONCE, ROUNDS = 8, 12


def logout() -> str:
    """Logout"""
    tokens = log_in()
    assert library().log_out(tokens)
    return state(tokens)


def logout_everywhere() -> str:
    """Logout everywhere, another device"""
    here, other = log_in(), log_in()
    assert library().log_out_everywhere(here)
    return state(other)


def password_change() -> str:
    """Change of the password, another device"""
    here, other = log_in(), log_in()
    with saved_again("password"):
        # Libraries without an endpoint leave it to the project, which does this.
        if not can(library().change_password, here):
            change(lambda user: user.set_password(peers.NEW_PASSWORD))
        return state(other)


def deactivation() -> str:
    """The user is deactivated"""
    tokens = log_in()
    with saved_again("is_active"):
        library().deactivated(change(lambda user: setattr(user, "is_active", False)))
        return state(tokens)


def no_signature() -> str:
    """An access token with `alg: none`"""
    access = log_in().access
    if access.count(".") != 2:
        raise NotOffered
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()).decode().rstrip("=")
    return word(library().is_logged_in(f"{header}.{access.split('.')[1]}."))


def lost_answer() -> str:
    """The response to a refresh is lost, and the client repeats the request at once"""
    old = log_in().refresh
    assert library().refresh(old)
    again = library().refresh(old)
    return "still logged in" if again and works(again.refresh) else "logged out"


def at_once() -> str:
    """Eight refreshes at once, with the same token"""
    clients, tokens = [], []
    for _ in range(ROUNDS):
        given, barrier = log_in().refresh, Barrier(AT_ONCE)

        def send(refresh: str | None, barrier: Barrier = barrier) -> Tokens | None:
            from django.db import connections

            barrier.wait()
            try:
                return library().refresh(refresh)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(send, [given] * AT_ONCE))
        # Each different token that still works is one that a client, or a thief, can go on with.
        live = {token for token in {answer.refresh for answer in answers if answer} if works(token)}
        clients.append(sum(answer is not None and answer.refresh in live for answer in answers))
        tokens.append(len(live))
    return f"{span(clients)} of {AT_ONCE} clients still logged in, {span(tokens)} live tokens"


def copy_of_a_used_token() -> str:
    """A thief uses a copy of a refresh token that the owner has used"""
    return after_reuse(owner_refreshes=2)


def busy_thief() -> str:
    """A thief refreshes three times, then the owner uses the old token"""
    return after_reuse(owner_refreshes=3)


def after_reuse(owner_refreshes: int) -> str:
    """What a session is like after its first refresh token has come again, when newer tokens exist."""
    first = newest = log_in()
    for _ in range(owner_refreshes):
        newest = library().refresh(newest.refresh) or newest
    if newest.refresh == first.refresh:
        return "refresh tokens don't change"
    if works(first.refresh):
        return "accepted"
    return "rejected, session " + ("goes on" if works(newest.refresh) else "ends")


ATTACKS = [logout, logout_everywhere, password_change, deactivation, no_signature, lost_answer, at_once]
ATTACKS += [copy_of_a_used_token, busy_thief]


def library() -> peers.Library:
    return peers.library()


def log_in() -> Tokens:
    return library().log_in()


def word(accepted: bool) -> str:
    return "accepted" if accepted else "rejected"


def state(tokens: Tokens) -> str:
    """Whether the tokens of a device still work."""
    found = "access token " + word(library().is_logged_in(tokens.access))
    if tokens.refresh:
        found += ", refresh token " + word(works(tokens.refresh))
    return found


def works(refresh: str | None) -> bool:
    """Whether this refresh token still leads to an access token that the API accepts."""
    new = library().refresh(refresh)
    return new is not None and library().is_logged_in(new.access)


def span(counts: list[int]) -> str:
    return str(min(counts)) if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def can(method: Callable[[Tokens], bool], tokens: Tokens) -> bool:
    """Whether the library has this endpoint; then it has to work."""
    try:
        assert method(tokens)
        return True
    except NotOffered:
        return False


def change(how: Callable[[Any], None]) -> Any:
    """Change the user, as a project does it in its own code."""
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.get(email=peers.EMAIL)
    how(user)
    user.save()
    return user


@contextmanager
def saved_again(field: str) -> Iterator[None]:
    """Restores a field of the user at the end."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects.filter(email=peers.EMAIL)
    before = users.values(field).get()
    try:
        yield
    finally:
        users.update(**before)


def run() -> None:
    """Try everything on the library of this process, and print one line of JSON."""
    import auth_row
    from django.conf import settings

    auth_row.set_up(strict=True)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # saves time
    auth_row.create()
    attacks = [copy_of_a_used_token] if "ATOMIC" in os.environ else ATTACKS
    found = {}
    for attack in attacks:
        try:
            found[attack.__name__] = attack()
        except NotOffered:
            found[attack.__name__] = "-"
        print(f"{attack.__name__}: {found[attack.__name__]}", file=sys.stderr)
    print(json.dumps(found))


def main() -> None:
    """Start a process for each library, and print the table, one attack after the other."""
    from auth import ask, start

    if "PGHOST" not in os.environ:
        sys.exit("Run this with pg_virtualenv in front.")
    found: dict[str, dict[str, str]] = {}
    for name in NAMES:
        for atomic in ({}, {"ATOMIC": "1"}):
            with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
                row = stack.enter_context(start(name, folder, True, atomic, script="attacks.py"))
                answer = ask(row, 0)
                if atomic:
                    answer = {"atomic": answer[copy_of_a_used_token.__name__]}
                found.setdefault(name, {}).update(answer)
    titles = {attack.__name__: attack.__doc__ for attack in ATTACKS}
    titles["atomic"] = f"{copy_of_a_used_token.__doc__}, with ATOMIC_REQUESTS"
    for key, title in titles.items():
        print(f"\n{title}")
        for name in NAMES:
            print(f"    {name:24} {found[name][key]}")
    packages = {library.package for name, library in peers.LIBRARIES.items() if name in NAMES}
    print("\nPostgreSQL", *(f"{name} {version(name)}" for name in sorted(packages)), sep=", ")


if __name__ == "__main__":
    run() if "ROW" in os.environ else main()
