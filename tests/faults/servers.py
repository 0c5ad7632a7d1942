"""Starts what production consists of, each as a real process: gunicorn, Redis, nginx. pg_virtualenv starts PostgreSQL."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from companion.chain.stages import find

FINAL = find("final").path
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
# Around the file that nginx includes. All that it writes is in one folder.
AROUND = """
pid {folder}/pid;
error_log {folder}/error.log;
user root;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    include {folder}/site.conf;
}}
"""
CERTIFICATE = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=api.example.com -keyout privkey.pem -out"


def wait_for(condition, seconds=30):
    """Waits until the condition is true, and returns its value. The test fails after the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not true after {seconds} seconds: {condition}"
        time.sleep(0.01)
    return found


def children(number):
    """The ids of the processes that this process has started."""
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(number)], check=True, capture_output=True)
    return [int(child) for child in done.stdout.split()]


def free_port():
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def manage(env, *command):
    """Runs a command of the last stage, and returns what it prints."""
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=FINAL, env=env, check=True, capture_output=True)
    return done.stdout.decode()


class Gunicorn:
    """gunicorn with the last stage: 2 processes of 4 threads, as in its Dockerfile."""

    THREADS = 2 * 4

    def __init__(self, env, folder, *before):
        """Starts it. `before` is a command that starts another, such as faketime."""
        self.log = folder / f"gunicorn-{time.monotonic_ns()}.log"
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = listener.getsockname()
        options = [f"--bind=fd://{listener.fileno()}", "--workers=2", "--threads=4"]
        command = [*before, sys.executable, "-m", "gunicorn", "config.wsgi", *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=FINAL, env=env, stderr=log, pass_fds=[listener.fileno()])
        listener.close()  # our copy; connections wait in gunicorn's until it accepts them

    def request(self, path, body=None, timeout=30, **headers):
        """Sends a request, as a proxy with HTTPS does. Returns status, body and `Retry-After`."""
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        with contextlib.closing(connection):
            headers["X-Forwarded-Proto"] = "https"
            connection.request("POST" if body else "GET", path, body, headers)
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("Retry-After")

    def ask(self, path, data=None, token=None, timeout=30):
        """Sends JSON and a token, if there are any. Returns status, data and `Retry-After`."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        status, body, again = self.request(path, json.dumps(data) if data else None, timeout, **headers)
        return status, json.loads(body or "null"), again

    def has_accepted_all(self):
        """Checks that no connection waits in the kernel for gunicorn to accept it."""
        listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines() if " 0A " in line]
        [waiting] = [line[4] for line in listening if line[1].endswith(f":{self.address[1]:04X}")]
        return int(waiting.partition(":")[2], 16) == 0

    def processes(self):
        """The ids of all its processes: first the one that starts the others."""
        return [self.process.pid, *children(self.process.pid)]

    def stop(self, seconds=60):
        """Asks it to end, and returns its status. The test fails after the deadline."""
        self.process.terminate()
        return self.process.wait(timeout=seconds)


@contextlib.contextmanager
def gunicorn(*arguments):
    """Runs gunicorn as long as the block."""
    server = Gunicorn(*arguments)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


class Redis:
    """A Redis that stores nothing, as in compose.yaml."""

    def __init__(self, folder):
        self.port, self.folder = free_port(), folder
        self.start()

    def start(self):
        """Starts it, and waits until it answers."""
        options = f"--port {self.port} --bind 127.0.0.1 --dir {self.folder} --save".split()
        command = ["redis-server", *options, ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(lambda: self.send(b"PING") == b"+PONG\r\n")

    def send(self, command):
        """Sends a command, and returns the answer, or None while it is down."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(command + b"\r\n")
            return connection.recv(99)

    def stop(self):
        """Ends it, and waits for it."""
        self.process.terminate()
        self.process.wait(timeout=30)

    @contextlib.contextmanager
    def stopped(self):
        """It is down as long as the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()


class Cluster:
    """The temporary PostgreSQL of pg_virtualenv."""

    def control(self, action, *options):
        """Starts, stops or restarts it, and waits for it."""
        command = ["pg_ctlcluster", os.environ["PGVERSION"], "regress", action, *options]
        subprocess.run(command, check=True, capture_output=True)

    def execute(self, statement, *parameters):
        """Executes a statement as the superuser, and returns its rows."""
        with psycopg.connect("", autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def stopped(self, mode="fast"):
        """It is down as long as the block. In the mode "immediate" it has to recover afterwards, as after a crash."""
        self.control("stop", "-m", mode)
        try:
            yield
        finally:
            self.control("start")

    @contextlib.contextmanager
    def read_only(self):
        """As long as the block, no connection can write."""
        self.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        self.control("restart", "-m", "fast")
        try:
            yield
        finally:
            self.execute("ALTER SYSTEM RESET default_transaction_read_only")
            self.control("restart", "-m", "fast")

    def processes(self):
        """The ids of its processes: first the one that starts the others."""
        with psycopg.connect("") as connection:
            ours = connection.info.backend_pid
            [folder] = connection.execute("SHOW data_directory").fetchone()
        first = int(Path(folder, "postmaster.pid").read_text().split()[0])
        return [number for number in (first, *children(first)) if number != ours]


@contextlib.contextmanager
def frozen(processes):
    """Stops these processes as long as the block: they answer nothing, and close no connection."""

    def send(signal):
        for number in processes:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.kill(number, signal)

    send(signal.SIGSTOP)
    try:
        yield
    finally:
        send(signal.SIGCONT)


def _url(address):
    return f"http://{address[0]}:{address[1]}"


@contextlib.contextmanager
def nginx(folder, address, logins=None):
    """Runs nginx in front of this address, and of another one for logins if it is given. It listens at sockets in the folder, not at ports."""
    folder = Path(folder)
    subprocess.run([*CERTIFICATE.split(), "fullchain.pem"], cwd=folder, check=True, capture_output=True)
    text = (FINAL / "nginx.conf").read_text().replace("/certificates", str(folder))
    text = text.replace("/dev/stdout", f"{folder}/access.log").replace("http://api:8000", _url(address))
    text = text.replace("http://logins:8000", _url(logins or address))
    text = text.replace("listen 443", f"listen unix:{folder}/https").replace("listen 80", f"listen unix:{folder}/http")
    text = text.replace("rate=50r/s", "rate=1r/m")  # a slow machine sends too few a second to reach the limit
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    command = [NGINX, "-c", str(folder / "nginx.conf")]
    subprocess.run(command, check=True)  # it ends when the sockets are open
    try:
        yield folder / "https"
    finally:
        subprocess.run([*command, "-s", "stop"], check=True)
