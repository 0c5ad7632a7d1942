"""Compares the time of an authenticated request, GET /api/me, with that of other libraries.

`python -m nox -s speed` prints the table with SQLite. `pg_virtualenv python -m nox -s speed -- --postgres` does so with
PostgreSQL. `--http` sends the requests to gunicorn. `--attacks` runs benchmarks/attacks.py, `--load` runs
benchmarks/load.py instead.

Each row is a project in a process of its own. Its WSGI application is called directly, so the time includes no server
and no network. With `--http`, it is the processor time of gunicorn's worker per request, on a connection that stays
open. The processes take turns, in random order, so a busy machine slows all of them. `ratio` compares the medians with
simplejwt. `checks` says whether a logout takes effect at once. `forged` is a request whose token has a wrong signature.
`fastest tenth` compares the first deciles, which a busy machine disturbs least.

The peers have the middleware of a new project and a ModelSerializer, as in their documentation (benchmarks/peers.py).
Their connections stay open, as ours do. `tuned` peers also have only two middlewares and a plain Serializer. `final,
HS256` signs with a shared secret instead of Ed25519, as simplejwt does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from companion.chain.stages import find, previous  # noqa: E402
from companion.running.environment import environment  # noqa: E402

BASE, FLOOR = "simplejwt", "AllowAny"
# These look something up for each token, so a logout takes effect at once. So do our own stages.
REVOKES = ["DRF's token", "knox", "django-allauth", "django-jwt-allauth", "django-tokenforge"]
PEERS = [BASE, f"{BASE}, tuned", *REVOKES, FLOOR, f"{FLOOR}, tuned"]
PACKAGES = ["Django", "djangorestframework", "PyJWT", "cryptography", "psycopg", "gunicorn"]
PACKAGES += ["djangorestframework-simplejwt", "django-rest-knox", "django-allauth", "django-jwt-allauth"]
PACKAGES += ["django-tokenforge"]


def main() -> None:
    """Start a process for each row, let them take turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--requests", type=int, default=50, help="requests of each kind per round")
    parser.add_argument("--postgres", action="store_true", help="use the PostgreSQL server of the variables PG…")
    parser.add_argument("--http", action="store_true", help="send the requests to gunicorn")
    given = parser.parse_args()
    if given.postgres and "PGHOST" not in os.environ:
        sys.exit("Run this with pg_virtualenv in front.")
    ours = [stage for stage in (previous(find("final")), find("final")) if stage]
    names = [*PEERS, *map(str, ours), "final, HS256"]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        http = {"HTTP": "1"} if given.http else {}
        rows = {name: stack.enter_context(start(name, folder, given.postgres, http)) for name in names}
        facts = {name: ask(row, 0) for name, row in rows.items()}
        times: dict[tuple[str, str], list[float]] = {}
        for turn in range(given.rounds):
            for name in random.sample(names, len(names)):
                for kind, taken in ask(rows[name], given.requests)["times"].items():
                    times.setdefault((name, kind), []).extend(taken)
            print(f"\rround {turn + 1} of {given.rounds}", end="", file=sys.stderr, flush=True)
    report(names, facts, times, given)


def start(
    name: str, folder: str, postgres: bool, more: dict[str, str], script: str = "auth_row.py"
) -> subprocess.Popen[str]:
    """Start the process of this row, with a folder and a database of its own."""
    database = "speed_" + "".join(filter(str.isalnum, name.lower()))
    own = Path(folder, database)
    own.mkdir()
    env = environment() | {
        "ROW": name,
        "FOLDER": str(own),
        "SECRET_KEY": secrets.token_hex(32),
        "JWT_SIGNING_KEY": secrets.token_hex(32),  # up to chapter 20
        "JWT_KEYS_DIR": str(own / "keys"),
        "ALLOWED_HOSTS": "api.example.com",
        "CACHE_URL": "locmemcache://",
        "NUM_PROXIES": "0",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DEFAULT_FROM_EMAIL": "accounts@example.com",
        "FRONTEND_URL": "https://www.example.com",
        "DATABASE_PATH": str(own / "db.sqlite3"),
    }
    env |= {f"{rate}_RATE": "1000000/second" for rate in ["LOGIN", "GUESS", "RECOVERY"]}
    if postgres:
        subprocess.run(["dropdb", "--if-exists", database], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["createdb", database], check=True)
        user, password, host = (os.environ[key] for key in ("PGUSER", "PGPASSWORD", "PGHOST"))
        env["DATABASE_URL"] = f"postgres://{user}:{password}@{host}:{os.environ['PGPORT']}/{database}"
        if "ATOMIC" in more:
            env["DATABASE_URL"] += "?ATOMIC_REQUESTS=True"
    env |= more
    command = [sys.executable, str(ROOT / "benchmarks" / script), str(own / "log")]
    cwd = ROOT if name.partition(", ")[0] in PEERS else find(name.partition(", ")[0]).path
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with Path(command[-1]).open("w") as log:
        return subprocess.Popen(command, cwd=cwd, env=env, text=True, stderr=log, **pipes)  # type: ignore[call-overload]


def ask(row: subprocess.Popen[str], count: int) -> Any:
    """Let a row send `count` requests of each kind; returns what it has measured."""
    assert row.stdin is not None
    assert row.stdout is not None
    with suppress(BrokenPipeError):
        row.stdin.write(f"{count}\n")
        row.stdin.flush()
    answer = row.stdout.readline()
    if not answer:
        row.stdin = None  # nothing is left to close
        sys.exit(f"A row has ended:\n{Path(row.args[-1]).read_text()}")  # type: ignore[index, arg-type]
    return json.loads(answer)


def report(names: list[str], facts: dict[str, Any], times: Any, given: argparse.Namespace) -> None:
    """Print the table, and all that the figures depend on."""
    medians = {key: statistics.median(taken) for key, taken in times.items()}
    tenths = {key: statistics.quantiles(taken, n=10)[0] for key, taken in times.items()}
    print(f"\n{'GET /api/me':22} checks token queries {'median':>8} ratio {'forged':>8}  fastest tenth: valid, forged")
    for name in names:
        checks = "yes" if name in REVOKES or name not in PEERS else "no"
        print(f"{name:22} {checks:6} {facts[name]['algorithm']:5} {facts[name]['queries']:7}", end=" ")
        valid, forged = medians[name, "valid"], medians[name, "forged"]
        print(f"{valid:5.0f} µs {valid / medians[BASE, 'valid']:5.2f} {forged:5.0f} µs", end=" ")
        print(*(f"{tenths[name, kind] / tenths[BASE, 'valid']:10.2f}" for kind in ("valid", "forged")))
    where = "processor time of gunicorn's worker" if given.http else "in one process, without a server"
    print("PostgreSQL" if given.postgres else "SQLite", where, end=", ")
    print(f"{given.rounds} rounds of {given.requests} requests")
    print(f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES), sep=", ")
    print(f"Load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
