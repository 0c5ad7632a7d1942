"""`python -m companion.upkeep.pictures` draws the PNG files of docs/assets with Chromium: card, icon, admin."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from companion.chain.stages import ROOT, find
from companion.running.environment import environment

SIZES = {"card": "1200,630", "icon": "180,180"}  # width and height in pixels, by the name of the HTML and PNG file
ADMIN = "520,702", "--force-device-scale-factor=1.5"
SCHEMES = {"admin-dark": 0, "admin-light": 1}  # Chromium's numbers
# Prints the page of a user in chapter 3's admin. The style sheets come from Django's folder, so no server runs.
PAGE = """
from pathlib import Path
from django.contrib import admin
from django.core.management import call_command
from django.test import Client
from authentication.models import User

call_command("migrate", verbosity=0)
ada = User.objects.create_user("ada", "ada@example.com")
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(User.objects.create_superuser("root", "root@example.com", "a password"))
page = client.get(f"/admin/authentication/user/{ada.pk}/change/").content.decode()
print(page.replace("/static/", f"{Path(admin.__file__).with_name('static').as_uri()}/"))
"""
FLAGS = ("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking")


def draw(chromium: str, target: Path) -> list[Path]:
    """Draws each picture into the folder `target`, as `NAME.png`. Returns their paths.

    Raises subprocess.CalledProcessError if Chromium or chapter 3's project fails.
    """
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # root can't use it
    with tempfile.TemporaryDirectory() as folder:
        admin = Path(folder, "admin.html")
        admin.write_text(_admin(), encoding="utf-8")
        drawings = Path(__file__).parent.as_uri()
        jobs: dict[str, tuple[str, ...]] = {name: (f"{drawings}/{name}.html", size) for name, size in SIZES.items()}
        for name, number in SCHEMES.items():
            jobs[name] = (admin.as_uri(), *ADMIN, f"--blink-settings=preferredColorScheme={number}")
        for name, (source, size, *flags) in jobs.items():
            flags += [f"--window-size={size}", f"--screenshot={target / name}.png", source]
            subprocess.run([chromium, *FLAGS, *sandbox, *flags], check=True, capture_output=True)
    return [target / f"{name}.png" for name in jobs]


def _admin() -> str:
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", PAGE]
    env = environment() | {"DATABASE_PATH": ":memory:"}
    stage = find("03-user-manager").path
    return subprocess.run(command, cwd=stage, env=env, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Draws the pictures into docs/assets; returns the exit status."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        print("No Chromium is here: install it, or set CHROMIUM to the path of one.", file=sys.stderr)
        return 2
    for picture in draw(chromium, ROOT / "docs" / "assets"):
        print(picture.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
