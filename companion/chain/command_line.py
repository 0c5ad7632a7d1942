"""Defines the STAGE and folder arguments that several commands share, and builds commands for learners to copy."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from companion.chain.stages import ROOT, Stage, UnknownStage, wanted

FOLDER = click.Path(path_type=Path)


def line(*arguments: str | Path) -> str:
    """Returns the command that runs the companion with these arguments, quoted for the shell of this system.

    It has this environment's Python, so it runs in any folder. On Windows the shell is PowerShell, which needs an `&`
    before a command in quotation marks.
    """
    command = [sys.executable, str(ROOT / "companion"), *map(str, arguments)]
    if sys.platform == "win32":
        quoted = subprocess.list2cmdline(command)
        return f"& {quoted}" if quoted.startswith('"') else quoted
    return shlex.join(command)


class StageName(click.ParamType[Stage]):
    """A stage, given by its name, its number, or a part of its name that no other stage has."""

    name = "stage"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Stage:
        try:
            return wanted(value)
        except UnknownStage as error:
            self.fail(str(error), param, ctx)


def folder_and_stage(folder: str, default: str) -> Callable[[Any], Any]:
    """Adds the argument `folder` and the option `--stage`; `default` describes the stage used without the option."""
    words = f"A stage: its number, its name or a part of it.  [default: {default}]"
    stage = click.option("--stage", type=StageName(), metavar="STAGE", help=words)
    argument = click.argument("folder", nargs=-1, required=True, type=FOLDER, metavar=folder, callback=_only)
    return lambda function: argument(stage(function))


def _only(ctx: click.Context, param: click.Parameter, values: tuple[Path, ...]) -> Path:
    """Returns the only folder. Raises UsageError with the right command if a stage was typed as an argument."""
    command = ctx.info_name or ""
    if typed := next((value for value in values if _names_a_stage(value, command, len(values) == 1)), None):
        folders = [str(value) for value in values if value != typed] or [param.make_metavar(ctx)]
        raise click.UsageError(f"A stage is named with --stage: {line(command, *folders, '--stage', typed)}", ctx)
    if len(values) > 1:
        raise click.UsageError(f"Name one folder, not {len(values)}: {', '.join(map(str, values))}", ctx)
    return values[0]


def _names_a_stage(value: Path, command: str, alone: bool) -> bool:
    """Returns whether `value` is a stage. The new folder of `start` may have a name that is part of a stage's name."""
    try:
        stage = wanted(str(value))
    except UnknownStage:
        return False
    whole = str(value).isdecimal() or str(value) == stage.name
    return not value.exists() and (whole or not (alone and command == "start"))
