"""Defines the learner's commands: start, check, watch and diff."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import click

from companion.chain.command_line import folder_and_stage, line
from companion.chain.stages import Stage, stages
from companion.learner import output
from companion.learner import start as project
from companion.learner.exercise import check_exercise
from companion.learner.standing import Standing, find_standing
from companion.running.processes import prepared
from companion.running.run_suite import OnResult

WIDTH = 60  # columns of the line that counts the tests
project_and_stage = folder_and_stage("DIR", "the one that your project has reached")


@click.command()
@folder_and_stage("DIR", "the first")
@click.option("--assistant", is_flag=True, help="Add an AGENTS.md, for a coding assistant that helps you learn.")
def start(folder: Path, stage: Stage | None, assistant: bool) -> int:
    """Create a project to begin with.

    DIR is a new folder. STAGE is the stage that you want to write.
    """
    stage = stage or stages()[0]
    history = project.start(stage, folder, assistant)
    folder = folder.resolve()
    kept = "with a first commit in git" if history else "without a history, as git is not there"
    click.echo(f"{folder} is ready, {kept}. You write {output.title(stage)}\n  Read:  {output.page(stage)}")
    for hint in output.start_the_site():
        click.echo(hint)
    click.echo(f"Check it, from any folder:\n  {line('check', folder)}")
    click.echo(f"Or each time that you save:\n  {line('watch', folder)}")
    return 0


@click.command()
@project_and_stage
@click.option("--exercise", is_flag=True, help="Check the exercise of the stage, and nothing else.")
@click.option("--all", "every", is_flag=True, help="Show everything that is missing.")
@click.option("--hint", is_flag=True, help="Show a hint.")
@click.option("--traceback", is_flag=True, help="Show what Python says, in full.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for editors.")
def check(
    folder: Path, stage: Stage | None, exercise: bool, every: bool, hint: bool, traceback: bool, as_json: bool
) -> int:
    """Check your project: how far it is, and what is missing first."""
    seen = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not as_json
    blank = "\r" + " " * WIDTH + "\r" if seen else ""
    printed = ""

    def on_first(found: Standing) -> None:
        nonlocal printed
        click.echo(blank, nl=False, err=True)
        click.echo(f"{output.first(found)}\n")
        printed = output.first_cause(found, traceback, hint)
        click.echo(f"{printed}\n")

    with prepared(1):
        if exercise:
            found = check_exercise(folder, stage)
        else:
            early = None if as_json or every else on_first
            found = find_standing(folder, stage, _progress if seen else None, on_first=early)
    click.echo(blank, nl=False, err=True)
    click.echo(output.as_json(found) if as_json else output.standing(found, every, traceback, hint, printed))
    return 0 if found.report.passed else 1


def _progress(stage: Stage) -> OnResult:
    """Shows a line that counts the tests while they run; the next output erases it."""
    numbers = itertools.count(1)
    return lambda result: click.echo(f"\r{stage}: {next(numbers)} tests run"[:WIDTH], nl=False, err=True)


@click.command()
@project_and_stage
@click.option("--poll", is_flag=True, help="Look at the files again and again (for network folders).")
def watch(folder: Path, stage: Stage | None, poll: bool) -> int:
    """Check your project each time you save a file."""
    from companion.learner import watch  # imported here, because only this command needs watchdog

    if not folder.is_dir():
        raise click.UsageError(f"There is no folder {folder} to watch.")
    watch.run(folder, click.echo, stage, poll)
    return 0


@click.command()
@project_and_stage
@click.option("--all", "every", is_flag=True, help="Show later steps too.")
def diff(folder: Path, stage: Stage | None, every: bool) -> int:
    """Show how your project differs from the stage."""
    click.echo(output.difference(find_standing(folder, stage), every))
    return 0


COMMANDS = {str(each.name): each for each in (start, check, watch, diff)}
