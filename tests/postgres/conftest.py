"""The last stage as in production: gunicorn, with PostgreSQL."""

import os
import re
import secrets
import signal
import subprocess
import sys

import pytest

from companion.chain.stages import find
from companion.running.environment import environment

FINAL = find("final").path
CREATE = """
from authentication.models import User
User.objects.filter(username="ada") or User.objects.create_user("ada", "ada@example.com", "correct horse battery staple")
"""


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The host and port of gunicorn, with 2 processes of 4 threads."""
    user, password, host, port = (os.environ[name] for name in ("PGUSER", "PGPASSWORD", "PGHOST", "PGPORT"))
    env = environment() | {
        "DJANGO_SETTINGS_MODULE": "config.production",
        "SECRET_KEY": secrets.token_hex(32),
        "JWT_KEYS_DIR": str(tmp_path_factory.mktemp("keys")),
        "ALLOWED_HOSTS": "127.0.0.1",
        "CACHE_URL": "filecache://" + str(tmp_path_factory.mktemp("cache")),
        "NUM_PROXIES": "0",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DEFAULT_FROM_EMAIL": "accounts@example.com",
        "FRONTEND_URL": "https://www.example.com",
        "DATABASE_URL": f"postgres://{user}:{password}@{host}:{port}/postgres",
    }
    for command in (["makesigningkey"], ["migrate", "-v0"], ["shell", "-v0", "-c", CREATE]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=FINAL, env=env, check=True)
    command = ["gunicorn", "config.wsgi", "--bind=127.0.0.1:0", "--workers=2", "--threads=4"]
    with subprocess.Popen([sys.executable, "-m", *command], cwd=FINAL, env=env, stderr=subprocess.PIPE) as server:
        for line in server.stderr:
            if found := re.search(rb"Listening at: http://([\d.]+):(\d+)", line):
                break
        # Its log is read to the end, so that it never waits for a reader.
        with subprocess.Popen(["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL) as reader:
            yield found[1].decode(), int(found[2])
            server.send_signal(signal.SIGTERM)
            server.wait()
            reader.wait()
