"""Runs inside the sandbox: serves a submission over HTTP on a socket that it inherits.

`python -I serve.py` reads a job as one line of JSON from stdin, and writes one event to the job's file descriptor:
the failure that kept the project from starting, or "ready". The parent trusts nothing else from this process.
"""

import importlib
import json
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

# Imported before the project is on sys.path, because the project may have a package called companion.
from companion.running.child import boot
from companion.running.child.exceptions import Frames

ADDRESS = ("127.0.0.1", 0)  # the client address of each request: a Unix socket has none


def main() -> int:
    """Starts the project and serves it until the process is killed."""
    job = json.loads(sys.stdin.buffer.readline())
    scratch = Path(os.environ["TMPDIR"])
    project = scratch / "project"
    shutil.copytree(job["project"], project)
    os.chdir(project)
    sys.path.insert(0, str(project))
    try:
        application = load(project, scratch)
    except BaseException as error:  # also the SystemExit of a `sys.exit()` in the settings
        failure = Frames(project, scratch / "no tests", scratch / "no stage").failure("start", error)
        _send(job["channel"], {"event": "finding", "failure": asdict(failure)})
        return 1
    _send(job["channel"], {"event": "ready"})
    os.close(job["channel"])
    serve(with_outbox(application, job["mailbox"]), socket.socket(fileno=job["socket"]))
    return 0


def load(project: Path, scratch: Path) -> Callable[..., Any]:
    """Does what `manage.py runserver` does before it serves. Returns the project's WSGI application."""
    name = boot.manage(project)
    if not name:
        raise LookupError("manage.py does not say which settings to use (DJANGO_SETTINGS_MODULE)")
    settings = importlib.import_module(name)
    boot.replace_local_settings(settings, scratch)
    replace_test_settings(settings)
    boot.setup()
    boot.urls()
    from django.core.management import call_command
    from django.core.servers.basehttp import get_internal_wsgi_application

    call_command("migrate", verbosity=0, interactive=False)
    application: Callable[..., Any] = get_internal_wsgi_application()
    return application


def replace_test_settings(settings: ModuleType) -> None:
    """Replaces the settings for hosts, the cache and email, as pytest-django and the stages' tests do.

    Passwords are hashed with MD5, as in the stages' tests, because a secure hash is slow on purpose. More registrations
    and confirmations are allowed, because all tests come from one IP address.
    """
    api = dict(getattr(settings, "REST_FRAMEWORK", {}))
    if rates := api.get("DEFAULT_THROTTLE_RATES"):
        raised = {name: "1000/hour" for name in ("registration", "recovery") if name in rates}
        api["DEFAULT_THROTTLE_RATES"] = {**rates, **raised}
    vars(settings).update(
        ALLOWED_HOSTS=["*"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        REST_FRAMEWORK=api,
    )


def with_outbox(application: Callable[..., Any], mailbox: str) -> Callable[..., Any]:
    """Adds URLs to the project: `mailbox` + an email address returns and removes its next email, or returns 404."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if not environ["PATH_INFO"].startswith(mailbox):
            return application(environ, start_response)
        from django.core import mail

        email = environ["PATH_INFO"].removeprefix(mailbox)
        sent: list[Any] = getattr(mail, "outbox", [])
        message = next((message for message in sent if message.to == [email]), None)
        if message:
            sent.remove(message)
        text = message.body.encode() if message else b""
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
        start_response("200 OK" if message else "404 Not Found", headers)
        return [text]

    return answer


def serve(application: Callable[..., Any], listening: socket.socket) -> None:
    """Serves as `manage.py runserver` does, one thread for each request, until the process ends."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    class Server(ThreadedWSGIServer):  # type: ignore[misc]
        def get_request(self) -> tuple[socket.socket, Any]:
            return self.socket.accept()[0], ADDRESS

    class Handler(WSGIRequestHandler):  # type: ignore[misc]
        def log_message(self, *arguments: Any) -> None:
            """Logs nothing: the output is limited, and is for what the project prints."""

    server = Server(ADDRESS, Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.server_name, server.server_port = "submission", 80
    server.setup_environ()
    server.set_app(application)
    server.serve_forever()


def _send(channel: int, data: dict[str, Any]) -> None:
    os.write(channel, json.dumps(data).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
