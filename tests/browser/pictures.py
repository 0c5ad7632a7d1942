"""Draws the PNG files of docs/assets: the card, the icon, and the admin of chapter 3. `nox -s card` runs it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from companion.chain.stages import ROOT, find
from companion.running.environment import environment
from tests.browser.chromium import chromium

SIZES = {"card": (1200, 630), "icon": (180, 180)}  # width and height in pixels, by the name of the HTML and PNG file
# Prints the page of a user in chapter 3's admin. The style sheets come from Django's folder, so no server runs.
ADMIN = """
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


def draw(browser, target):
    """Draws each picture into the folder `target`, as `NAME.png`."""
    for name, size in SIZES.items():
        shoot(browser, Path(__file__).with_name(f"{name}.html"), target / f"{name}.png", size)
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", ADMIN]
    env = environment() | {"DATABASE_PATH": ":memory:"}
    done = subprocess.run(command, cwd=find("03-user-manager").path, env=env, check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as folder:
        admin = Path(folder, "admin.html")
        admin.write_bytes(done.stdout)
        for scheme in ("dark", "light"):
            options = {"color_scheme": scheme, "device_scale_factor": 1.5}
            shoot(browser, admin, target / f"admin-{scheme}.png", (520, 702), **options)


def shoot(browser, source, target, size, **options):
    """Writes a picture of an HTML file in a window of this size; the options are Playwright's."""
    width, height = size
    with browser.new_page(viewport={"width": width, "height": height}, **options) as page:
        page.goto(source.as_uri())
        page.screenshot(path=target)


if __name__ == "__main__":
    with chromium() as browser:
        draw(browser, ROOT / "docs/assets")
