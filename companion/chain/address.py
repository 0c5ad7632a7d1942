"""Finds the URL at which the chapters can be read: a running `serve`, the published site, or the next `serve`."""

import os
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from companion.chain.command_line import line
from companion.chain.stages import ROOT

HOST, PORT = "127.0.0.1", 8001  # port 8000 is for the API
LOCAL = f"http://{HOST}:{PORT}/"
# Each running `serve` writes its URL to a file here, named after its port. Tests use another folder.
SERVED = Path(os.environ.get("TUTORIAL_SERVED", ROOT / ".served"))
PROOF = "assets/logo.svg"  # a server that returns the bytes of this file is ours
PATIENCE = 1  # seconds to wait for a response


def site() -> str:
    """Returns the URL of the site, with a slash at the end."""
    return _running() or LOCAL


def serve_command() -> str:
    """Returns the command that starts the site, or "" if it is already running or is published."""
    return "" if _running() else line("serve")


def _running() -> str:
    """Returns the URL of a `serve` that responds, or else of the published site from SITE_URL, or "".

    A file that a killed `serve` has left does no harm.
    """
    files = sorted(SERVED.iterdir()) if SERVED.is_dir() else []
    addresses = (path.read_text(encoding="utf-8").strip() for path in files)
    published = os.environ.get("SITE_URL", "").rstrip("/")
    return next((address for address in addresses if _answers(address)), published and f"{published}/")


def _answers(address: str) -> bool:
    """Returns whether the server at a URL is our site, and not another program that uses the port by now."""
    try:
        parts = urlsplit(address)
        with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)) as connection:
            connection.request("GET", f"{parts.path}{PROOF}")
            return connection.getresponse().read() == (ROOT / "docs" / PROOF).read_bytes()
    except TimeoutError:
        return True  # it is rebuilding a page, and responds when the page is ready
    except (OSError, HTTPException, ValueError):
        return False
