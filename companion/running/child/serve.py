"""Runs inside the sandbox: serves a stranger's project over HTTP on a socket that it inherits.

Started as `python -I serve.py`. Reads one line of JSON from stdin, and writes lines of JSON to the descriptor named
there: what kept the project from starting, or that it is ready. Nobody believes more than that.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import socket
import socketserver
import sys
import types
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""")
SERVED = "settings_as_served"
ADDRESS = ("127.0.0.1", 0)  # what a request is said to come from: a Unix socket has no address


def main() -> int:
    """Start the project phase by phase and serve it until somebody ends the process."""
    job = json.loads(sys.stdin.buffer.readline())
    scratch = Path(os.environ["TMPDIR"])
    project = scratch / "project"
    shutil.copytree(job["project"], project)
    os.chdir(project)
    sys.path[:0] = [str(project), str(Path(__file__).parents[3])]
    start = Start(project, scratch)
    for phase in (start.manage, start.settings, start.setup, start.urls, start.migrate, start.load):
        try:
            phase()
        except BaseException as error:  # also the SystemExit of a `sys.exit()` in the settings
            from companion.running.child.exceptions import Frames

            failure = Frames(project, scratch / "no tests", scratch / "no stage").failure(phase.__name__, error)
            _send(job["channel"], {"event": "finding", "failure": asdict(failure)})
            return 1
    _send(job["channel"], {"event": "ready"})
    os.close(job["channel"])
    serve(with_mailbox(start.application, job["mailbox"]), socket.socket(fileno=job["socket"]))
    return 0


class Start:
    """What `manage.py runserver` does before it serves, in steps that can fail one by one."""

    def __init__(self, project: Path, scratch: Path) -> None:
        self.project, self.scratch = project, scratch
        self.application: Callable[..., Any]

    def manage(self) -> None:
        """Find out which settings their manage.py names."""
        found = SETTINGS.search((self.project / "manage.py").read_text(encoding="utf-8", errors="replace"))
        if found is None:
            raise LookupError("manage.py does not say which settings to use (DJANGO_SETTINGS_MODULE)")
        self.name = found[1]

    def settings(self) -> None:
        """Import their settings; leave out what belongs to a machine: its database, names, cache and mail."""
        theirs = importlib.import_module(self.name)
        served = types.ModuleType(SERVED)
        served.__file__ = theirs.__file__
        served.__dict__.update({name: value for name, value in vars(theirs).items() if name.isupper()})
        served.__dict__.update(neutral(vars(served), self.scratch))
        sys.modules[SERVED] = served
        os.environ["DJANGO_SETTINGS_MODULE"] = SERVED

    def setup(self) -> None:
        import django

        django.setup()

    def urls(self) -> None:
        from django.urls import get_resolver

        _ = get_resolver().url_patterns

    def migrate(self) -> None:
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)

    def load(self) -> None:
        """Load the application that their WSGI_APPLICATION names, as runserver does."""
        from django.core.servers.basehttp import get_internal_wsgi_application

        self.application = get_internal_wsgi_application()


def neutral(theirs: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """The settings that say something about a machine and not about the code, as they are here.

    The hash is MD5, as in the stages' own tests: a real one takes its time on purpose, at every password. And more
    registrations are allowed, because all tests register from one IP address.
    """
    api = dict(theirs.get("REST_FRAMEWORK", {}))
    rates = dict(api.get("DEFAULT_THROTTLE_RATES", {}))
    if "registration" in rates:
        api["DEFAULT_THROTTLE_RATES"] = rates | {"registration": "1000/hour"}
    database = dict(theirs.get("DATABASES", {}).get("default", {}))
    if not str(database.get("ENGINE", "")).endswith("sqlite3"):
        database = {"ENGINE": "django.db.backends.sqlite3"}
    return {
        "DATABASES": {"default": database | {"NAME": scratch / "database.sqlite3"}},
        "ALLOWED_HOSTS": ["*"],
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
        "LANGUAGE_CODE": "en-us",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "REST_FRAMEWORK": api,
    }


def with_mailbox(application: Callable[..., Any], mailbox: str) -> Callable[..., Any]:
    """The project, and its mail: whoever asks below `mailbox` takes the next one to an email, or gets a 404."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if not environ["PATH_INFO"].startswith(mailbox):
            return application(environ, start_response)
        from django.core import mail

        email = environ["PATH_INFO"].removeprefix(mailbox)
        sent: list[Any] = getattr(mail, "outbox", [])
        message = next((message for message in sent if message.to == [email]), None)
        if message is None:
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        sent.remove(message)
        text = message.body.encode()
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))])
        return [text]

    return answer


def serve(application: Callable[..., Any], listening: socket.socket) -> None:
    """Serve with the server of `manage.py runserver`, one thread a request, until the process ends."""
    from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer

    class Server(socketserver.ThreadingMixIn, WSGIServer):  # type: ignore[misc]
        daemon_threads = True
        address_family = socket.AF_UNIX  # no other sockets can be made here

        def get_request(self) -> tuple[socket.socket, Any]:
            return self.socket.accept()[0], ADDRESS

    class Handler(WSGIRequestHandler):  # type: ignore[misc]
        def log_message(self, *arguments: Any) -> None:
            """A line for each request would leave no room for what the project itself prints."""

    server = Server(ADDRESS, Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.server_name, server.server_port = "submission", 80
    server.setup_environ()
    server.set_app(application)
    server.serve_forever()


def _send(channel: int, facts: dict[str, Any]) -> None:
    os.write(channel, json.dumps(facts).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
