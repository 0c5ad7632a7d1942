"""Runs the companion: `python -m companion`, or `python PATH/TO/companion` from any other folder."""

import io
import os
import sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PYTHON = os.path.join(HOME, ".venv", *(("Scripts", "python") if sys.platform == "win32" else ("bin", "python")))

if sys.version_info < (3, 11):
    sys.exit("The companion needs Python 3.11 or newer, and this is Python %d.%d." % sys.version_info[:2])

if not __package__:
    sys.path[0] = HOME

# On Windows, a pipe or file uses the code page of the system, which can't encode every folder's name.
for stream in (sys.stdout, sys.stderr):
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")

from companion import INTERRUPTED  # noqa: E402 - importable only after sys.path is set

try:
    from companion.cli import main

    sys.exit(main())
except KeyboardInterrupt:
    sys.stderr.write("Interrupted.\n")
    sys.exit(INTERRUPTED)
except ModuleNotFoundError as error:
    if (error.name or "companion").startswith("companion"):
        raise  # a bug of ours
    if os.path.exists(PYTHON) and os.path.realpath(sys.prefix) != os.path.realpath(os.path.join(HOME, ".venv")):
        sys.exit("This Python has no package %s. The companion's own has it: %s" % (error.name, PYTHON))
    install = "%s -m pip install -r %s" % (sys.executable, os.path.join(HOME, "requirements.txt"))
    sys.exit("This Python has no package %s. Install what the companion needs: %s" % (error.name, install))
