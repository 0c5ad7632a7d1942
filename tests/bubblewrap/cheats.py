"""Reads the submissions of cheats.toml: what each adds to which file."""

import textwrap
import tomllib
from pathlib import Path
from string import Template

CHEATS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
MIDDLEWARE = """
import json
from django.http import *
def cheat(get_response):
    def answer(request):
{code}
        return response
    return answer
"""
RAW = """
import os, socket, threading
def listening():
    for number in range(3, 64):
        try:
            found = socket.socket(fileno=os.dup(number))
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return found
        except OSError:
            pass
def answer(connection):
    try:
        connection.recv(65536)
{code}
        connection.close()
    except OSError:
        pass
def serve():
    server = listening()
    while True:
        threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
for _ in range(8):
    threading.Thread(target=serve, daemon=True).start()
"""


def middleware(body):
    """Returns a middleware that answers every request with what `body` puts into `response`."""
    code = MIDDLEWARE.format(code=textwrap.indent(textwrap.dedent(body), " " * 8))
    return {"config/settings.py": "MIDDLEWARE = ['config.cheat.cheat']", "config/cheat.py": code}


def raw(sent):
    """Returns code that takes the listening socket from the server, and answers each connection with `sent`."""
    return {"config/urls.py": RAW.format(code=textwrap.indent(sent, " " * 8))}


def code(kind, name, **words):
    """Returns the code of a cheat that is only code."""
    return Template(CHEATS[kind][name]).safe_substitute(CHEATS["words"] | words)


def files(kind, name):
    """Returns what a cheat adds to each file."""
    facts = CHEATS[kind][name]
    if "middleware" in facts:
        return middleware(facts["middleware"])
    if "raw" in facts:
        return raw(facts["raw"])
    return {path: Template(text).safe_substitute(CHEATS["words"]) for path, text in facts.items()}
