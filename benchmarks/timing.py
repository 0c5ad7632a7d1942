"""Measures whether the time of a response reveals who has an account.

`pg_virtualenv python benchmarks/timing.py [COUNT]` prints a table.

It starts `final` as in production: gunicorn with 2 processes of 4 threads, the real password hasher, PostgreSQL, the
worker, and a mail server that throws every email away. Rate limits are lifted. Then it sends COUNT (1000) requests for
each of three classes of email addresses, in random order, over one connection: known, unknown and deactivated. After
each request it asks for /health/live on the same connection, because work after a response slows the next one.

For each pair of classes it prints the AUC with its standard error: the probability that a response for the first class
takes longer than one for the second. 0.50 tells an attacker nothing. Options: `--logins N` (100) for the login, which
hashes a password each time, and `--sqlite` to run without PostgreSQL. Measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from companion.chain.stages import find  # noqa: E402
from companion.running.environment import environment  # noqa: E402

CLASSES = ["known", "unknown", "deactivated"]
ADDRESSES = 50  # per class; each email is used several times
PASSWORD = "correct horse battery staple"
WARM_UP = 30  # requests that are not measured
CREATE = """
import sys
from django.contrib.auth.hashers import make_password
from authentication.models import User
password = make_password(sys.stdin.readline().strip())
for line in sys.stdin:
    name, active = line.split()
    User.objects.create(username=name, email=f"{name}@example.com", password=password, is_active=active == "known")
"""
Times = dict[str, list[float]]


def main() -> None:
    """Start everything, measure each endpoint, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=1000, help="requests per class at the mail endpoints")
    parser.add_argument("--logins", type=int, default=100, help="requests per class at the login")
    parser.add_argument("--sqlite", action="store_true", help="use SQLite instead of PostgreSQL")
    given = parser.parse_args()
    if not given.sqlite and "PGHOST" not in os.environ:
        sys.exit("Run this with pg_virtualenv in front, or with --sqlite.")
    names = {group: [secrets.token_hex(8) for _ in range(ADDRESSES)] for group in CLASSES}
    with running(given.sqlite, names) as site:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        for path, count in [("password/reset", given.count), ("registration", given.count), ("login", given.logins)]:
            first, following = measure(connection, path, names, count)
            report(path, count, {"the response": first, "the next request": following})


class Site(NamedTuple):
    """A running server: its port, its environment, and the id of gunicorn's first process."""

    port: int
    env: dict[str, str]
    process: int


@contextmanager
def running(sqlite: bool, names: dict[str, list[str]], more: dict[str, str] | None = None) -> Iterator[Site]:
    """Run the server, the worker and the mail server on free ports; `more` changes their environment."""
    port, smtp = free_port(), free_port()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        env = environment() | {
            "DJANGO_SETTINGS_MODULE": "config.production",
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_KEYS_DIR": str(Path(folder, "keys")),
            "ALLOWED_HOSTS": "127.0.0.1",
            "CACHE_URL": "locmemcache://",
            "NUM_PROXIES": "0",
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp}",
            "DEFAULT_FROM_EMAIL": "accounts@example.com",
            "FRONTEND_URL": "https://www.example.com",
            "DATABASE_PATH": str(Path(folder, "db.sqlite3")),
        }
        env |= {f"{name}_RATE": "1000000/second" for name in ["LOGIN", "REGISTRATION", "GUESS", "RECOVERY", "MAIL"]}
        if not sqlite:
            user, password, host = (os.environ[name] for name in ("PGUSER", "PGPASSWORD", "PGHOST"))
            env["DATABASE_URL"] = f"postgres://{user}:{password}@{host}:{os.environ['PGPORT']}/postgres"
        env |= more or {}
        manage(env, "makesigningkey")
        manage(env, "migrate", "--noinput")
        people = [f"{name} {group}" for group in ("known", "deactivated") for name in names[group]]
        manage(env, "shell", "-c", CREATE, stdin="\n".join([PASSWORD, *people]))

        def start(*command: str) -> int:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen([sys.executable, *command], cwd=find("final").path, env=env, **quiet)  # type: ignore[call-overload]
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process.pid

        start("-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{smtp}", "-c", "aiosmtpd.handlers.Sink")
        server = start("-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=4")
        start("manage.py", "sendmail")
        wait_for(port)
        wait_for(smtp)
        yield Site(port, env, server)


def manage(env: dict[str, str], *command: str, stdin: str = "") -> str:
    """Run a management command of `final`. Returns what it prints."""
    done = [sys.executable, "manage.py", *command]
    where = {"cwd": find("final").path, "env": env, "input": stdin, "text": True}
    return str(subprocess.run(done, check=True, stdout=subprocess.PIPE, **where).stdout)  # type: ignore[call-overload]


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Wait until something listens at this port, for 30 seconds at most."""
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def measure(
    connection: http.client.HTTPConnection, path: str, names: dict[str, list[str]], count: int
) -> tuple[Times, Times]:
    """Send `count` requests of each class, in random order. Return the seconds of each, and of the request after it."""
    order = [group for group in CLASSES for _ in range(count)]
    random.shuffle(order)
    first: Times = {group: [] for group in CLASSES}
    following: Times = {group: [] for group in CLASSES}
    for number, group in enumerate([*random.choices(CLASSES, k=WARM_UP), *order], 1 - WARM_UP):
        body = {"email": f"{random.choice(names[group])}@example.com"}
        if path == "login":
            # With a right password, only known users would get a session. All of these logins fail.
            body["password"] = "wrong " + PASSWORD
        taken = ask(connection, "POST", f"/api/{path}", body)
        after = ask(connection, "GET", "/health/live")
        if number > 0:
            first[group].append(taken)
            following[group].append(after)
        if number % 50 == 0 or number == len(order):
            print(f"\r{path}: {max(number, 0)} of {len(order)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return first, following


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: dict[str, str] | None = None) -> float:
    """Send one request. Return the seconds until its response has been read. Stop at an unexpected status."""
    # gunicorn accepts this header from 127.0.0.1, so Django does not redirect to HTTPS.
    headers = {"Content-Type": "application/json", "X-Forwarded-Proto": "https"}
    data = json.dumps(body) if body else None
    started = time.perf_counter()
    connection.request(method, path, data, headers)
    response = connection.getresponse()
    text = response.read()
    taken = time.perf_counter() - started
    if response.status not in (200, 202, 401):
        sys.exit(f"{method} {path} returned {response.status}: {text[:200].decode(errors='replace')}")
    return taken


def report(path: str, count: int, measured: dict[str, Times]) -> None:
    """Print the medians of an endpoint, and the AUC of each pair of classes."""
    print(f"\n/api/{path}, {count} requests per class")
    for what, times in measured.items():
        medians = ", ".join(f"{group} {1000 * statistics.median(times[group]):.2f} ms" for group in CLASSES)
        print(f"  {what} (median: {medians})")
        for one, other in combinations(CLASSES, 2):
            print(f"    {one + ' / ' + other:24} AUC {auc(times[one], times[other]):.3f} ± {standard_error(count):.3f}")
    sys.stdout.flush()


def auc(ones: list[float], others: list[float]) -> float:
    """Return the probability that one of `ones` is larger than one of `others`. A tie counts half."""
    larger = sum((one > other) + (one == other) / 2 for one in ones for other in others)
    return larger / (len(ones) * len(others))


def standard_error(count: int) -> float:
    """Return the standard error of the AUC of two equal classes of this size (Mann and Whitney)."""
    return float(((2 * count + 1) / (12 * count * count)) ** 0.5)


if __name__ == "__main__":
    main()
