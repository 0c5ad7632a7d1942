"""Lets `python -m companion` run."""

import sys

from companion.cli import main

sys.exit(main())
