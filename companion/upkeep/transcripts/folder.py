"""Runs a shell, a Python console and a server in a learner's folder."""

import os
import re
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
from pexpect.replwrap import REPLWrapper

from companion.chain.stages import ROOT
from companion.running.environment import environment

PROMPT, MORE = "@transcript@", "@continued@"
HOME = "~/tutorial"  # where this repository is, in the docs
ADDRESS = "127.0.0.1:8000"  # in the docs; the real port is any free one
PLACES = {f"{HOME}/.venv/bin/python": sys.executable, HOME: str(ROOT), "../tutorial/.venv/bin/python": sys.executable}
TIMEOUT = 120  # seconds for each command
BASH = ("/bin/bash", ["--norc", "--noediting"])
CONSOLE = (sys.executable, ["-W", "ignore", "manage.py", "shell", "--no-startup", "--no-imports", "--interface=python"])


class Folder:
    """The folder at `path`. Close it to end what runs in the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shell: REPLWrapper | None = None
        self._console: REPLWrapper | None = None
        self._server: pexpect.spawn[str] | None = None
        self._address = ""
        self._tokens: list[str] = []

    def close(self) -> None:
        """Ends what runs in the folder."""
        self.restart()
        if self._shell:
            self._shell.child.close(force=True)

    def run(self, command: str, answers: list[str]) -> list[str]:
        """Returns what a command prints in the folder's shell; prompts that end with ": " get the `answers` in turn."""
        if command.startswith("python manage.py runserver"):
            return self._serve()
        if "curl " in command and not self._server:
            self._serve()
        command = command.replace(ADDRESS, self._address or ADDRESS)
        # A token that is cut off is the latest that begins like it: access and refresh tokens begin differently.
        for begin in re.findall(r"(eyJ[\w.-]*)…", command):
            latest = next((token for token in reversed(self._tokens) if token.startswith(begin)), "")
            command = command.replace(f"{begin}…", latest, 1)
        for written, real in PLACES.items():
            command = command.replace(written, shlex.quote(real))
        if not self._shell:
            prompts = f"PS1='{PROMPT}' PS2='{MORE}' PROMPT_COMMAND=''"
            self._shell = REPLWrapper(self._spawn(*BASH), re.compile(r"[$#] $"), prompts, PROMPT, MORE)
        shell = self._shell
        if not answers:
            return self._lines(shell.run_command(command))
        printed = ""
        shell.child.sendline(command)
        for answer in answers:
            shell.child.expect(r": $")
            asked = shell.child.before or ""
            printed += f"{asked}: " if "Password" in asked else f"{asked}: {answer}\n"
            shell.child.sendline(answer)
        shell.child.expect_exact(PROMPT)
        return self._lines(printed + (shell.child.before or ""))

    def type(self, lines: list[str]) -> list[str]:
        """Returns what the folder's Python console prints after these lines."""
        if not self._console:
            prompts = f"import sys; sys.ps1, sys.ps2 = {PROMPT!r}, {MORE!r}"
            self._console = REPLWrapper(self._spawn(*CONSOLE), ">>> ", prompts, PROMPT, MORE)
        code = "\n".join([*lines, ""] if len(lines) > 1 else lines)  # an empty line ends a statement of several lines
        return self._lines(self._console.run_command(code))

    def restart(self) -> None:
        """Ends the Python console and the server, as after an edit; they start again when they are needed."""
        if self._console:
            self._console.child.close(force=True)
            self._console = None
        if self._server:
            # Kills the process group: runserver serves in a child of the process that watches the files.
            assert self._server.pid
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.close(force=True)
            self._server = None

    @contextmanager
    def edited(self, path: str, new: bytes) -> Iterator[None]:
        """Gives a file another content until the context ends."""
        file = self.path / path
        old = file.read_bytes() if file.exists() else None
        self.restart()
        file.write_bytes(new)
        try:
            yield
        finally:
            file.unlink() if old is None else file.write_bytes(old)
            self.restart()

    def _serve(self) -> list[str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._address = f"127.0.0.1:{free.getsockname()[1]}"
        self._server = self._spawn(sys.executable, ["manage.py", "runserver", self._address])
        self._server.expect("Quit the server with CONTROL-C.")
        return self._lines(self._server.before or "")

    def _spawn(self, command: str, arguments: list[str]) -> "pexpect.spawn[str]":
        cwd = str(self.path)
        return pexpect.spawn(command, arguments, TIMEOUT, cwd=cwd, env=terminal(), echo=False, encoding="utf-8")

    def _lines(self, printed: str) -> list[str]:
        printed = printed.replace("\r\n", "\n").replace("\r", "").replace(f"{self.path}/", "")
        for written, real in PLACES.items():
            # A path with a space or an umlaut is printed in quotation marks, as a part of a command.
            printed = re.sub(rf"'{re.escape(real)}([^']*)'", rf"{written}\1", printed).replace(real, written)
        printed = re.sub(r"\x1b\[[\d;]*m", "", printed)  # curl prints the names of headers in bold
        if self._address:
            printed = printed.replace(self._address, ADDRESS)
        self._tokens += re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", printed)
        lines = printed.split("\n")
        return lines[:-1] if not lines[-1] else lines


def terminal() -> dict[str, str]:
    """Returns environment variables for a terminal without colours, in which `python` is this Python."""
    kept = environment() | {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {
        "PATH": path,
        "TERM": "dumb",
        "NO_COLOR": "1",
        "DJANGO_COLORS": "nocolor",
        "TUTORIAL_SERVED": os.devnull,  # the output must not depend on a running `serve`
    }
