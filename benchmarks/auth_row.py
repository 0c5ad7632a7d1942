"""One row of benchmarks/auth.py: a project that sends itself as many requests as a line of its input says.

`ROW` names the library or the stage. With `HTTP`, the requests go to gunicorn, with one worker, over one connection,
and the CPU time of that worker is measured.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import peers

Times = list[float]


class Secret:
    """A key for HS256, in the place of a private key."""

    def public_key(self) -> bytes:
        return os.environ["SECRET_KEY"].encode()


@cache
def set_up(strict: bool = False) -> None:
    """Set up Django with the project of this row."""
    if not isinstance(peers.library(), peers.Ours):
        peers.configure(strict)
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.production"
    sys.path.insert(0, os.getcwd())
    import django

    django.setup()
    if "HS256" in os.environ["ROW"]:
        from authentication import tokens

        tokens.ALGORITHM = "HS256"
        tokens.all_keys = lambda: {"secret": Secret()}
        tokens.signing_key = lambda now: ("secret", Secret().public_key())


def load() -> Any:
    """Return the WSGI application of this row, also to gunicorn."""
    set_up()
    if isinstance(peers.library(), peers.Ours):
        from config.wsgi import application

        return application
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def create() -> None:
    """Create the tables, the keys and the user."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands
    from django.db import connection

    if "makesigningkey" in get_commands():
        call_command("makesigningkey", stdout=sys.stderr)
    if peers.library().package == "django-jwt-allauth":
        sys.path.insert(0, os.environ["FOLDER"])
        call_command("makemigrations", "jwt_allauth", verbosity=0)
    call_command("migrate", verbosity=0)
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA journal_mode=WAL")
    get_user_model().objects.create_user(username=peers.NAME, email=peers.EMAIL, password=peers.PASSWORD)


def environ(authorization: str) -> dict[str, Any]:
    """The WSGI environment of one request."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/api/me",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "api.example.com",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "api.example.com",
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "benchmark",
        "HTTP_AUTHORIZATION": authorization,
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def in_process(application: Callable[..., Any]) -> Callable[[str, str, int], Times]:
    """Returns a function that measures requests in this process, without a server."""

    def measure(authorization: str, wanted: str, count: int) -> Times:
        times, statuses, body = [], set(), b""
        for _ in range(count):
            request = environ(authorization)
            started = time.perf_counter()
            response = application(request, lambda status, headers: statuses.add(status.split()[0]))
            body = b"".join(response)
            response.close()
            times.append(1e6 * (time.perf_counter() - started))
        check(statuses, wanted, body)
        return times

    return measure


@contextmanager
def over_http() -> Any:
    """Yields a function that measures the CPU time of gunicorn's worker for each request."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "auth_row:load()", f"--pythonpath={Path(__file__).parent}"]
    server = subprocess.Popen(
        [*command, f"--bind=127.0.0.1:{port}", "--workers=1", "--threads=4", "--no-control-socket"]
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def measure(authorization: str, wanted: str, count: int) -> Times:
        headers = {"Host": "api.example.com", "X-Forwarded-Proto": "https", "Authorization": authorization}
        connection.close()  # gunicorn has closed it in the meantime, and `request` opens it again
        statuses, body, before = set(), b"", processor_time(server.pid)
        for _ in range(count):
            connection.request("GET", "/api/me", headers=headers)
            response = connection.getresponse()
            statuses.add(str(response.status))
            body = response.read()
        check(statuses, wanted, body)
        return [1e6 * (processor_time(server.pid) - before) / count]

    try:
        for _ in range(300):
            try:
                connection.connect()
                break
            except OSError:
                time.sleep(0.1)
        yield measure
    finally:
        server.terminate()
        server.wait()


def processor_time(parent: int) -> float:
    """The seconds that the children of this process have used the processor, in all their threads."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    files = [file for child in children for file in Path(f"/proc/{child}/task").glob("*/schedstat")]
    return sum(int(file.read_text().split()[0]) for file in files) / 1e9


def check(statuses: set[str], wanted: str, body: bytes) -> None:
    """Stop if a response is not the expected one."""
    if statuses - {wanted} or (wanted == "200" and body and b"ada@example.com" not in body):
        sys.exit(f"{statuses} instead of {wanted}: {body!r}")


def queries(application: Callable[..., Any], authorization: str) -> int:
    """How many queries one request makes."""
    from django.db import connection

    counted = []

    def count(execute: Any, *rest: Any) -> Any:
        counted.append(rest)
        return execute(*rest)

    in_process(application)(authorization, "200", 1)  # some libraries remember the user
    with connection.execute_wrapper(count):
        in_process(application)(authorization, "200", 1)
    return len(counted)


def main() -> None:
    """Build the project, and answer each line of the input with a line of JSON."""
    set_up()
    create()
    application, chosen = load(), peers.library()
    refused = "200" if chosen.authentication is None and not isinstance(chosen, peers.Ours) else "401"
    with over_http() if "HTTP" in os.environ else nullcontext(in_process(application)) as measure:
        token, logged_in = "", -60.0
        for line in sys.stdin:
            if time.monotonic() > logged_in + 60:  # before the token expires
                token, logged_in = chosen.log_in().access, time.monotonic()
            valid = f"{chosen.scheme} {token}"
            forged = valid[:-6] + ("AAAAAA" if not valid.endswith("AAAAAA") else "BBBBBB")
            header = token.split(".")[0] + "==="
            algorithm = json.loads(base64.urlsafe_b64decode(header)).get("alg", "HMAC") if "." in token else "-"
            measure(valid, "200", 10)
            answer = {"algorithm": algorithm, "queries": queries(application, valid), "times": {}}
            if int(line):
                answer["times"] = {"valid": measure(valid, "200", int(line))}
                answer["times"]["forged"] = measure(forged, refused, int(line))
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
