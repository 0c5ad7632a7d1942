"""`python -m companion VERB`: parses, calls, prints."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from companion import archive, readme
from companion.stages import ROOT, stages


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; `arguments` are those of the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m companion", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("readme", help="write the table of stages in README.md anew")
    zips = verbs.add_parser("zips", help="pack each stage into a zip")
    zips.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist", help="where to (dist/)")
    given = parser.parse_args(arguments)
    if given.verb == "readme":
        print("README.md is written anew." if readme.write() else "README.md is up to date.")
    else:
        for stage in stages():
            print(archive.pack(stage, given.folder))
    return 0
