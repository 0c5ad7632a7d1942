"""Where a person reads the chapters: at a running `serve`, on the published site, or at the next `serve`."""

from __future__ import annotations

import os
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from companion.chain.invocation import line
from companion.chain.stages import ROOT

HOST, PORT = "127.0.0.1", 8001  # 8000 stays the API's
LOCAL = f"http://{HOST}:{PORT}/"
# Each running `serve` has a file here, named after its port, with its address in it. Tests name another folder.
SERVED = Path(os.environ.get("TUTORIAL_SERVED", ROOT / ".served"))
PROOF = "assets/logo.svg"  # a server that returns this file's bytes is ours
PATIENCE = 1  # seconds


def site() -> str:
    """Returns the address of the site, with a slash at its end."""
    return served() or published() or LOCAL


def serve_command() -> str:
    """Returns the command that starts the site, or "" where the site answers already or is published."""
    return "" if served() or published() else line("serve")


def published() -> str:
    """Returns the address of the published site from SITE_URL, with one slash at its end, or ""."""
    address = os.environ.get("SITE_URL", "").rstrip("/")
    return f"{address}/" if address else ""


def served() -> str:
    """Returns the address of a `serve` that answers, or "". The file of one that was killed does no harm."""
    files = sorted(SERVED.iterdir()) if SERVED.is_dir() else []
    addresses = (path.read_text(encoding="utf-8").strip() for path in files)
    return next((address for address in addresses if _answers(address)), "")


def _answers(address: str) -> bool:
    """Checks whether our site is at an address, and not another program that took the port since."""
    try:
        parts = urlsplit(address)
        with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)) as connection:
            connection.request("GET", f"{parts.path}{PROOF}")
            return connection.getresponse().read() == (ROOT / "docs" / PROOF).read_bytes()
    except TimeoutError:
        return True  # it rebuilds a page at the moment, and answers when the page is ready
    except (OSError, HTTPException, ValueError):
        return False
