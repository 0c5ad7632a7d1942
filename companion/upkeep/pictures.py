"""`python -m companion.upkeep.pictures`: draws the picture for links and the icon into docs/assets, with Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from companion.chain.stages import ROOT

SIZES = {"card": "1200,630", "icon": "180,180"}  # width and height in pixels, by the name of source and picture
FLAGS = ("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking")


def draw(chromium: str, target: Path) -> list[Path]:
    """Draw each picture from `companion/upkeep/NAME.html` into the folder `target`. Returns where they are.

    Raises subprocess.CalledProcessError when Chromium fails.
    """
    drawn = []
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # root has none
    for name, size in SIZES.items():
        picture = target / f"{name}.png"
        source = Path(__file__).with_name(f"{name}.html").as_uri()
        command = [chromium, *FLAGS, *sandbox, f"--window-size={size}", f"--screenshot={picture}", source]
        subprocess.run(command, check=True, capture_output=True)
        drawn.append(picture)
    return drawn


def main() -> int:
    """Draw into docs/assets; returns the exit status."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        print("No Chromium is here: install it, or set CHROMIUM to the path of one.", file=sys.stderr)
        return 2
    for picture in draw(chromium, ROOT / "docs" / "assets"):
        print(picture.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
