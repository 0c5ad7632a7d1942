"""Prints Lighthouse's scores of every page, in a wide window and on a phone: `python -m nox -s lighthouse`.

`-- chapters/15-refresh-tokens/` measures one page, and takes a minute. All pages take a quarter of an hour.
The scores depend on the machine and on what else it does, so nothing asserts them. Lighthouse comes from npm.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.hosting import Compressing  # noqa: E402

LIGHTHOUSE = "lighthouse@12.8.2"  # version 13 needs a newer Node.js than Debian 12 has
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def main() -> None:
    """Build the site, serve it compressed, and print a line for each page and device."""
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
        subprocess.run(build, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=True, capture_output=True)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressing, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"{'page':44} {'device':8}" + "".join(f"{name:>16}" for name in CATEGORIES) + "     LCP      TBT    CLS")
        pages = sorted(path.parent.relative_to(folder).as_posix() + "/" for path in Path(folder).rglob("index.html"))
        for page in sys.argv[1:] or pages:
            for device in ("desktop", "mobile"):
                print(line(f"http://127.0.0.1:{server.server_port}/", page, device), flush=True)
        server.shutdown()


def line(site: str, page: str, device: str) -> str:
    """Return scores of 0 to 100, largest contentful paint and total blocking time in milliseconds, and layout shift."""
    command = ["npm", "exec", "--yes", f"--package={LIGHTHOUSE}", "--", "lighthouse", site + page, "--quiet"]
    command += ["--output=json", f"--chrome-flags={FLAGS}"] + (["--preset=desktop"] if device == "desktop" else [])
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    scores = "".join(f"{round(report['categories'][name]['score'] * 100):16}" for name in CATEGORIES)
    audits = report["audits"]
    lcp, tbt = (round(audits[name]["numericValue"]) for name in ("largest-contentful-paint", "total-blocking-time"))
    return f"{page:44} {device:8}{scores}{lcp:8}{tbt:9}{audits['cumulative-layout-shift']['numericValue']:7.3f}"


if __name__ == "__main__":
    main()
