"""`python -m companion VERB`: parses, calls, prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from companion.chain.stages import ROOT, UnknownStage, stages, wanted
from companion.learner import commands
from companion.upkeep import images, mutants, readme
from companion.upkeep import zips as archive
from companion.upkeep.asking import Failed
from companion.upkeep.propagate import Conflict, propagate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; `arguments` are those of the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m companion", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("readme", help="write the table of stages in README.md anew")
    zips = verbs.add_parser("zips", help="pack each stage into a zip")
    zips.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist", help="where to (dist/)")
    carry = verbs.add_parser("propagate", help="carry the edits of a stage into every later one")
    carry.add_argument("start", nargs="?", metavar="FROM", help="the stage to begin with (the first that is edited)")
    transcripts = verbs.add_parser("transcripts", help="run the commands that the docs show")
    transcripts.add_argument("page", nargs="*", help="only these pages, for instance 07-urls")
    transcripts.add_argument("--update", action="store_true", help="write what they print into the pages")
    build = verbs.add_parser("images", help="build and run the Dockerfile of each stage, and ask it over HTTP")
    build.add_argument("stage", nargs="*", help="only these stages, for instance 07-urls")
    mutate = verbs.add_parser("mutants", help="remove or flip each declaration once, and see that the tests notice")
    mutate.add_argument("stage", nargs="*", help="only these stages, for instance 07-urls")
    verbs.add_parser("serve", help="read the tutorial in your browser; options are those of `mkdocs serve`")
    commands.add(verbs)
    grading = verbs.add_parser("grade", help="grade a folder of submissions")
    typed = sys.argv[1:] if arguments is None else arguments
    if "grade" in typed[:1]:
        from companion.grading import command  # only here: learners need not wait for what it loads

        command.add_arguments(grading)
        grading.set_defaults(run=command.run)
    if "serve" in typed[:1] and not {"-h", "--help"} & set(typed):
        from companion.site.serve import serve  # only here: it loads MkDocs

        return serve(typed[1:])
    given = parser.parse_args(commands.ordered(typed))
    if given.verb == "grade":
        status: int = given.run(given)
        return status
    if "run" in given:
        return commands.run(given)
    if given.verb == "propagate":
        return _propagate(given.start)
    if given.verb == "transcripts":
        return _transcripts(given.page, given.update)
    if given.verb == "images":
        return _images(given.stage)
    if given.verb == "mutants":
        return _mutants(given.stage)
    if given.verb == "readme":
        print("README.md is written anew." if readme.write() else "README.md is up to date.")
    else:
        for stage in stages():
            print(archive.pack(stage, given.folder))
    return 0


def _propagate(start: str | None) -> int:
    carried = 0
    try:
        for file in propagate(start, ROOT):
            print(file, flush=True)
            carried += 1
    except Conflict as conflict:
        print(conflict, file=sys.stderr)
        return 1
    except UnknownStage as error:
        print(error, file=sys.stderr)
        return 2
    if carried:
        print(f"{carried} file{'s' if carried > 1 else ''} carried. Read the change (git diff), run the tests, commit.")
    else:
        print("Nothing to carry: every later stage has the edits of the stages before it.")
    return 0


def _transcripts(names: list[str], update: bool) -> int:
    from companion.upkeep.transcripts.play import pages, play  # only here: it needs a package that learners do not have

    known = {page.stem: (page, stage) for page, stage in pages(ROOT)}
    chosen = [Path(name).stem for name in names] or list(known)
    if unknown := [name for name in chosen if name not in known]:
        print(f"No page is called {unknown[0]}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    drifted = 0
    for page, stage in map(known.__getitem__, chosen):
        played, drifts = play(page, stage, update)
        print(f"{page.name}: {played} commands run, {len(drifts)} print something else", flush=True)
        for drift in drifts:
            print(f"\n{drift}", flush=True)
        drifted += len(drifts)
    return 0 if update or not drifted else 1


def _images(names: list[str]) -> int:
    try:
        chosen = [wanted(name) for name in names] or stages()
        builder = images.builder()
    except (UnknownStage, images.NoBuilder) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Built and run with {builder.name}:", flush=True)
    failed = 0
    for stage in chosen:
        try:
            print(f"{stage}: {images.try_image(stage, builder)}", flush=True)
        except Failed as error:
            print(f"{stage}: FAILED: {error}", flush=True)
            failed += 1
    print(f"{len(chosen) - failed} of {len(chosen)} built, run and answered")
    return 1 if failed else 0


def _mutants(names: list[str]) -> int:
    try:
        only = [wanted(name) for name in names]
    except UnknownStage as error:
        print(error, file=sys.stderr)
        return 2
    count = survived = stale = 0
    for tried in mutants.trials(stages(), only):
        print(f"{tried.stage}: {tried.count - len(tried.survived)} of {tried.count} noticed", flush=True)
        for mutant in tried.survived:
            print(f"  no test notices {mutant}", flush=True)
        for mutant in tried.stale:
            print(f"  is noticed after all, take it out of mutants.SAME: {mutant}", flush=True)
        count += tried.count
        survived += len(tried.survived)
        stale += len(tried.stale)
    print(f"{count - survived} of {count} noticed")
    return 1 if survived or stale else 0
