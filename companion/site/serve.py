"""Serves the site on this machine, on the first free port, and writes its URL to a file that `check` reads."""

import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click
from mkdocs.__main__ import cli
from mkdocs.commands import serve as mkdocs_serve
from mkdocs.livereload import LiveReloadServer

from companion.chain.address import HOST, PORT, SERVED
from companion.chain.command_line import line
from companion.chain.stages import ROOT

PORTS = range(PORT, PORT + 100)
ENDINGS = ("SIGTERM", "SIGHUP")  # closing a terminal sends SIGHUP, which Windows lacks


class _Server(LiveReloadServer):
    """MkDocs' server, which writes its URL when it starts to respond."""

    written: list[Path] = []  # on the class, because MkDocs creates the instance

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        with suppress(OSError):  # the site is served even if the folder can't be written
            SERVED.mkdir(exist_ok=True)
            self.written.append(SERVED / str(self.server_port))
            self.written[-1].write_text(self.url, encoding="utf-8")
        print(f"\nThe tutorial: {self.url}   (stop it with Ctrl+C)")
        if self.server_port != PORT:
            print(f"Port {PORT} is in use, by another program or by another window that shows the tutorial.")
        check = line("check", "path/to/your/project")
        print(f"\nTo check what you have typed, in another window:\n  {check}\n", flush=True)
        super().serve_forever(poll_interval)


@click.command("serve", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def serve(options: Sequence[str]) -> None:
    """Read the tutorial in your browser.

    OPTIONS are those of `mkdocs serve`.
    """
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    os.environ.pop("SITE_URL", None)  # otherwise its path would become part of the URL
    vars(mkdocs_serve)["LiveReloadServer"] = _Server
    for name in ENDINGS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)  # like Ctrl+C
    try:
        _serve(options)
    finally:
        for path in _Server.written:
            path.unlink(missing_ok=True)


def _serve(options: Sequence[str]) -> None:
    for port in filter(free, PORTS):
        try:
            given = ["serve", "-f", str(ROOT / "mkdocs.yml"), "-a", f"{HOST}:{port}", *options]
            cli.main(given, prog_name="companion", standalone_mode=False)
            return
        except OSError:
            if free(port):
                raise
            # Another program took the port while the site was built.
    raise click.ClickException(f"No port from {PORTS[0]} to {PORTS[-1]} is free. Stop a program that uses one.")


def free(port: int) -> bool:
    """Returns whether a server can listen on this port."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
