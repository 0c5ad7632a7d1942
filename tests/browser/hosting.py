"""Serves a built site as static hosts do, compressed and with a lifetime, for tests and measurements."""

from __future__ import annotations

import gzip
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

COMPRESSED = (".html", ".css", ".js", ".json", ".svg", ".xml")


class Compressing(SimpleHTTPRequestHandler):
    """Takes the folder to serve as `directory`, as its base class does."""

    def do_GET(self) -> None:
        """Sends the file. Without one, does what the base class does."""
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].endswith("/"):
            path = path / "index.html"
        if not path.is_file():
            return super().do_GET()  # a redirect to the slash, or 404
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Cache-Control", "max-age=600")
        if path.suffix in COMPRESSED:
            body = gzip.compress(body, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Logs nothing."""
