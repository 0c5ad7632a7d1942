"""The learner's verbs: start, check, watch, diff. Thin: they parse, call and print."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from companion.chain.invocation import line
from companion.chain.stages import Stage, UnknownStage, stages, wanted
from companion.learner import output
from companion.learner.standing import stand
from companion.learner.start import CannotStart, start
from companion.project.results import Result
from companion.running.run_suite import OnResult

WIDTH = 60  # characters of the line that counts the tests
VERBS = ("start", "check", "watch", "diff")
FOLDER = "the folder of your project"
STAGE = "a stage, for instance 4 or 04-authentication-backend (the one that your project has come to)"


def add(verbs: Any) -> None:
    """Add the verbs to the parser of the command line."""
    begin = verbs.add_parser("start", help="make a project to begin from")
    begin.add_argument("stage", nargs="?", help="the stage that you want to write (the first)")
    begin.add_argument("folder", type=Path, metavar="DIR", help="a new folder")
    begin.set_defaults(run=_start)
    check = verbs.add_parser("check", help="check your project: how far it is, and what is missing first")
    check.add_argument("stage", nargs="?", help=STAGE)
    check.add_argument("folder", type=Path, metavar="DIR", help=FOLDER)
    check.add_argument("--all", action="store_true", help="show all that is missing")
    check.add_argument("--hint", action="store_true", help="show a hint")
    check.add_argument("--traceback", action="store_true", help="show what Python says, in full")
    check.add_argument("--json", action="store_true", help="answer in JSON, for editors")
    check.set_defaults(run=_check)
    look = verbs.add_parser("watch", help="check your project whenever you save a file")
    look.add_argument("stage", nargs="?", help=STAGE)
    look.add_argument("folder", type=Path, metavar="DIR", help=FOLDER)
    look.add_argument("--poll", action="store_true", help="look at the files again and again (for network folders)")
    look.set_defaults(run=_watch)
    differ = verbs.add_parser("diff", help="show what your project has otherwise than the stage")
    differ.add_argument("stage", nargs="?", help=STAGE)
    differ.add_argument("folder", type=Path, metavar="DIR", help=FOLDER)
    differ.add_argument("--all", action="store_true", help="show later steps too")
    differ.set_defaults(run=_diff)


def ordered(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options of a learner's verb behind its stage and folder, wherever they were typed.

    argparse gives the folder to the stage's place when an option stands between the two.
    """
    if not arguments or arguments[0] not in VERBS:
        return list(arguments)
    return [arguments[0], *sorted(arguments[1:], key=lambda argument: argument.startswith("--"))]


def run(given: argparse.Namespace) -> int:
    """Run the verb that was given. Returns the exit status: 2 when the command itself is wrong."""
    try:
        stage = wanted(given.stage) if given.stage else None
    except UnknownStage as error:
        print(error, file=sys.stderr)
        return 2
    if not given.stage and not given.folder.exists() and given.verb != "start":
        try:
            stage = wanted(str(given.folder))
        except UnknownStage:
            stage = None
        if stage:
            print(f"Name the folder of your project too: {given.verb} {given.folder} DIR", file=sys.stderr)
            return 2
    try:
        status: int = given.run(given, stage)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough, for instance `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _start(given: argparse.Namespace, stage: Stage | None) -> int:
    stage = stage or stages()[0]
    try:
        history = start(stage, given.folder)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    folder = given.folder.resolve()
    kept = "with a first commit in git" if history else "without a history, as git is not there"
    print(f"{folder} is ready, {kept}. You write {output.title(stage)}\n  Read:  {output.page(stage)}")
    for hint in output.start_the_site():
        print(hint)
    print(f"Check it, from any folder:\n  {line('check', folder)}")
    print(f"Or each time that you save:\n  {line('watch', folder)}")
    return 0


def _check(given: argparse.Namespace, stage: Stage | None) -> int:
    seen = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not given.json
    found = stand(given.folder, stage, _progress if seen else None)
    if seen:
        print("\r" + " " * WIDTH, end="\r", file=sys.stderr, flush=True)
    if given.json:
        print(output.as_json(found))
    else:
        output.say(output.standing(found, given.all, given.traceback, given.hint))
    return 0 if found.report.passed else 1


def _progress(stage: Stage) -> OnResult:
    """A line that counts the tests while they run, and is gone when they have run."""
    count = 0

    def tell(result: Result) -> None:
        nonlocal count
        count += 1
        print(f"\r{stage}: {count} tests run"[:WIDTH], end="", file=sys.stderr, flush=True)

    return tell


def _watch(given: argparse.Namespace, stage: Stage | None) -> int:
    from companion.learner import watch  # only here: nothing else needs the package that watches files

    if not given.folder.is_dir():
        print(f"There is no folder {given.folder} to watch.", file=sys.stderr)
        return 2
    watch.run(given.folder, output.say, stage, given.poll)
    return 0


def _diff(given: argparse.Namespace, stage: Stage | None) -> int:
    from companion.learner.watch import difference

    found = stand(given.folder, stage)
    output.say(difference(found, given.folder, given.all))
    return 0
