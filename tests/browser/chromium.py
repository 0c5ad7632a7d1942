"""Starts Chromium."""

import os
import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

# Chromium has no sandbox as root. Without the other flags, it sends requests to its maker.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


@contextmanager
def chromium():
    """Yields Debian's Chromium, or the one that CHROMIUM names, and closes it."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "no Chromium is here: apt-get install chromium, or set CHROMIUM to the path of one"
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
        yield browser
