"""Asks the server of a stage over HTTP whether it does what the stage teaches."""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from companion.chain.stages import Stage, find

FIRST_WITH_AN_API = "07-urls"
FIRST_BY_MAIL = "11-account-recovery"  # from here on a registration begins with a link in a mail
MAIL_PATIENCE = 10  # seconds until the mail is there


class Failed(Exception):
    """An image that cannot be built, does not answer, or answers wrongly; the message shows what it printed."""


def ask(stage: Stage, address: str, printed: Callable[[], str]) -> list[str]:
    """Ask the server of a stage what it can answer. Returns one `METHOD path status` each. Raises Failed.

    `printed` returns what the server has printed so far: its mail is there too.
    """
    if stage.number == 1:
        return [_request(address, "GET", "/", 200)[0]]
    if stage.number < find(FIRST_WITH_AN_API).number:
        # With the cookie of a session Django looks into the database, which tells whether it was migrated.
        return [_request(address, "GET", "/admin/", 302, cookie="sessionid=" + "x" * 32)[0]]
    password = {"password": "correct horse battery staple"}
    email, username = {"email": "ada@example.com"}, {"username": "ada"}
    if stage.number < find(FIRST_BY_MAIL).number:
        registered = [_request(address, "POST", "/api/registration", 201, email | username | password)[0]]
    else:
        invited, _ = _request(address, "POST", "/api/registration", 202, email)
        link = {"token": _mailed_token(printed)}
        confirmed, _ = _request(address, "POST", "/api/registration/confirm", 201, link | username | password)
        registered = [invited, confirmed]
    logged_in, answer = _request(address, "POST", "/api/login", 200, email | password)
    tokens = json.loads(answer)
    token = tokens.get("access_token") or tokens["token"]  # one token until 09, two from 10 on
    me, body = _request(address, "GET", "/api/me", 200, authorization=f"Bearer {token}")
    if json.loads(body).get("email") != email["email"]:
        raise Failed(f"GET /api/me answered {body}, and not about {email['email']}")
    return [*registered, logged_in, me]


def _mailed_token(printed: Callable[[], str]) -> str:
    """The token of the last link in an email that was printed. The log may show it a moment after the response."""
    end = time.monotonic() + MAIL_PATIENCE
    while time.monotonic() < end:
        if tokens := re.findall(r"#token=(\S+)", printed()):
            return str(tokens[-1])
        time.sleep(0.1)
    raise Failed(f"no mail with a link was printed within {MAIL_PATIENCE} seconds")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


def _request(
    address: str, method: str, path: str, expected: int, data: dict[str, str] | None = None, **headers: str
) -> tuple[str, str]:
    """Returns `METHOD path status` and the body. Raises Failed at any other status than the expected one."""
    request = urllib.request.Request(
        address + path, json.dumps(data).encode() if data else None, headers, method=method
    )
    request.add_header("Content-Type", "application/json")
    request.add_header("X-Forwarded-Proto", "https")  # as the proxy before a deployed API says it
    with answer_to(request, timeout=60) as answer:
        body = answer.read().decode(errors="replace")
    if answer.status != expected:
        raise Failed(f"{method} {path} answered {answer.status}, not {expected}: {body[:500]}")
    return f"{method} {path} {answer.status}", body


def answer_to(request: urllib.request.Request, timeout: int) -> http.client.HTTPResponse | urllib.error.HTTPError:
    """The answer itself: a redirect is not followed, an error is not raised."""
    try:
        answer: http.client.HTTPResponse = urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout)
        return answer
    except urllib.error.HTTPError as error:
        return error
