"""Measures what one machine can do, for the arithmetic in docs/speed.md.

`pg_virtualenv python -m nox -s speed -- --load` starts `final` as its Dockerfile does, with gunicorn (2 processes of 4
threads), the real password hasher, PostgreSQL and Redis. It prints the processor time of a request and of a login, the
size of a session in the database, and how long /api/me takes while 32 clients log in: at a second copy of the API,
without rate limits, as if each client had its own IP address, and with the limits of one IP address. `--seconds` (10)
is the time of each measurement.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event

from auth_row import processor_time
from timing import CLASSES, PASSWORD, Site, find, free_port, manage, running, wait_for

CLIENTS, SESSIONS = 33, 100_000
SIZE = f"""
from django.db import connection
from authentication.models import Session, User
user = User.objects.first()
agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
for _ in range(0, {SESSIONS}, 5000):
    Session.objects.bulk_create(Session(user=user, user_agent=agent, address="203.0.113.195") for _ in range(5000))
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_total_relation_size('authentication_session')")
    print("A session with its indexes:", cursor.fetchone()[0] // {SESSIONS}, "bytes")
"""


class Client:
    """A client with one connection, as an app has it."""

    def __init__(self, site: Site, name: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
        self.name, self.token, self.refresh_token = name, "", ""

    def ask(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Send one request; returns the status and the body."""
        headers = {"Content-Type": "application/json", "X-Forwarded-Proto": "https"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        while True:
            try:
                self.connection.request(method, path, json.dumps(body) if body else None, headers)
                response = self.connection.getresponse()
                return response.status, response.read()
            except ConnectionError:
                self.connection.close()  # gunicorn closes a connection after two idle seconds

    def log_in(self) -> int:
        status, text = self.ask("POST", "/api/login", {"email": f"{self.name}@example.com", "password": PASSWORD})
        if status == 200:
            self.token, self.refresh_token = (json.loads(text)[name] for name in ("access_token", "refresh_token"))
        return status

    def refresh(self) -> int:
        status, text = self.ask("POST", "/api/refresh", {"refresh_token": self.refresh_token})
        self.refresh_token = json.loads(text).get("refresh_token", "")
        return status

    def me(self) -> int:
        return self.ask("GET", "/api/me")[0]


def main() -> None:
    """Measure one after the other, and print each result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    seconds = parser.parse_args().seconds
    if "PGHOST" not in os.environ:
        sys.exit("Run this with pg_virtualenv in front.")
    with ExitStack() as stack:
        redis = free_port()
        command = ["redis-server", "--port", str(redis), "--save", "", "--bind", "127.0.0.1"]
        server = stack.enter_context(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        stack.callback(server.terminate)
        wait_for(redis)
        print(f"Load of the machine: {os.getloadavg()[0]:.1f}")
        limits = {"without rate limits": {}, "with them": {"LOGIN_RATE": "60/minute", "GUESS_RATE": "10/hour"}}
        for title, rates in limits.items():
            names = {group: [f"{group}{number}-{len(rates)}" for number in range(CLIENTS)] for group in CLASSES}
            with running(False, names, {"CACHE_URL": f"redis://127.0.0.1:{redis}"} | rates) as site:
                clients = [Client(site, name) for name in names["known"]]
                one = clients.pop(0)
                assert one.log_in() == 200
                if not rates:
                    busy(site, "GET /api/me", one.me, seconds)
                    busy(site, "POST /api/refresh", one.refresh, seconds)
                    busy(site, "POST /api/login", clients[0].log_in, seconds)
                    print(manage(site.env, "shell", "-v0", "-c", SIZE).strip())
                    with second_copy(site) as logins:
                        others = [Client(logins, client.name) for client in clients]
                        crowd("at a copy of their own", one, others, seconds)
                crowd(title, one, clients, seconds)


@contextmanager
def second_copy(site: Site) -> Iterator[Site]:
    """Run gunicorn once more, with one process and a lower priority, for logins only."""
    port = free_port()
    command = ["nice", sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", "--threads=4"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, cwd=find("final").path, env=site.env, **quiet)  # type: ignore[call-overload]
    try:
        wait_for(port)
        yield Site(port, site.env, server.pid)
    finally:
        server.terminate()
        server.wait()


def busy(site: Site, what: str, send: Callable[[], int], seconds: float) -> None:
    """Print how much processor time a request takes, in all processes of gunicorn."""
    before, count, end = processor_time(site.process), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        assert send() == 200
        count += 1
    taken = (processor_time(site.process) - before) / count
    print(f"{what}: {1000 * taken:.2f} ms of a processor, {1 / taken:.1f} a second on each")


def crowd(title: str, one: Client, clients: list[Client], seconds: float) -> None:
    """Print how long /api/me takes on an idle server, and while all clients log in."""
    idle, stop, statuses = wait(one, seconds), Event(), Counter[int]()

    def log_in_again(client: Client) -> None:
        while not stop.is_set():
            statuses[client.log_in()] += 1

    with ThreadPoolExecutor(len(clients)) as pool:
        done = [pool.submit(log_in_again, client) for client in clients]
        time.sleep(2)
        beside = wait(one, seconds)
        stop.set()
        for future in done:
            future.result()
    print(
        f"{len(clients)} clients log in, {title}: /api/me {1000 * idle:.1f} ms before, {1000 * beside:.1f} ms", end=" "
    )
    print(f"meanwhile ({beside / idle:.0f} times), logins by status: {dict(statuses)}")


def wait(client: Client, seconds: float) -> float:
    """The median of the seconds that /api/me takes, ten times a second."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        assert client.me() == 200
        times.append(time.perf_counter() - started)
        time.sleep(0.1)
    return statistics.median(times)


if __name__ == "__main__":
    main()
