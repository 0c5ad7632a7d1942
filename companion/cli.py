"""Reads the command line and calls the room that has the command; `--help` and a learner load no other room."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from companion import INTERRUPTED
from companion.chain.command_line import line
from companion.chain.stages import stages

PROGRAM = "python -m companion"
# The short help is repeated here, because reading it from the rooms would import all of them.
COMMANDS = {
    "Read, and type along": {
        "serve": "Read the tutorial in your browser.",
        "start": "Create a project to begin with.",
        "check": "Check your project: how far it is, and what is missing first.",
        "watch": "Check your project each time you save a file.",
        "diff": "Show how your project differs from the stage.",
    },
    "Teach": {
        "grade": "Grade a folder of submissions.",
    },
    "Maintain the tutorial": {
        "propagate": "Carry the edits of a stage into every later one.",
        "transcripts": "Run the commands that the docs show.",
    },
}
GREETING = """A Django login with JSON Web Tokens, in {count} stages. You can

  read the tutorial in your browser:
    {serve}
  type along in your own project, which is checked while you write:
    {start}
  grade a folder of submissions:
    {grade}

All commands:
    {help}"""


class _Rooms(click.Group):
    """The commands, learners' first. A command's room is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in COMMANDS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        if cmd_name not in (known := self.list_commands(ctx)):
            raise click.UsageError(f"There is no command {cmd_name!r}; there are: {', '.join(known)}", ctx)
        return _load(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, commands in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl(list(commands.items()))


def _load(name: str) -> click.Command:
    if name in ("start", "check", "watch", "diff"):
        from companion.learner import commands as learner

        return learner.COMMANDS[name]
    if name == "serve":
        from companion.site.serve import serve

        return serve
    if name == "grade":
        from companion.grading.command import grade

        return grade
    from companion.upkeep import commands as upkeep

    return upkeep.COMMANDS[name]


@click.group(cls=_Rooms, invoke_without_command=True)
@click.pass_context
def companion(context: click.Context) -> None:
    """Read the tutorial, type along in your own project, or grade submissions.

    `COMMAND --help` lists the options of a command.
    """
    if context.invoked_subcommand is None:
        begin = {"serve": line("serve"), "start": line("start", "../mine"), "grade": line("grade", "submissions")}
        click.echo(GREETING.format(count=len(stages()), help=line("--help"), **begin))


@companion.result_callback()
def _end(status: int | None) -> int:
    sys.stdout.flush()  # here, because click exits quietly on a broken pipe, as with `head`
    return status or 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; `arguments` default to those of the command line. Returns the exit status."""
    settings: dict[str, Any] = {"prog_name": PROGRAM, "color": _coloured()}
    try:
        # In standalone mode, click turns every status into 0. On Windows, click would also expand `*` and `%`.
        return int(companion.main(arguments, standalone_mode=False, windows_expand_args=False, **settings))
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED


def _coloured() -> bool | None:
    """Returns whether to print colours; None lets click decide, which prints them only in a terminal."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return True if os.environ.get("FORCE_COLOR") else None
