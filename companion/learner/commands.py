"""Defines the learner's commands: start, check, watch and diff."""

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
from companion.learner.standing import find_standing
from companion.project.results import Result
from companion.running.processes import prepared

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
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not as_json
    numbers, shown = itertools.count(1), ""

    def count(stage: Stage, result: Result) -> None:
        if terminal:  # the next output erases this line
            click.echo(f"\r{stage}: {next(numbers)} tests run"[:WIDTH], nl=False, err=True)

    def echo(text: str) -> None:
        click.echo("\r" + " " * WIDTH + "\r" if terminal else "", nl=False, err=True)
        click.echo(text)

    with prepared(1):
        if exercise:
            found = check_exercise(folder, stage)
        elif every or as_json:
            found = find_standing(folder, stage, count)
        else:
            found, shown = output.check_and_tell(folder, stage, echo, count, traceback, hint)
    echo(output.as_json(found) if as_json else output.standing(found, every, traceback, hint, shown))
    return 0 if found.report.passed else 1


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
