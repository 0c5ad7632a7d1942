"""Defines the commands for maintainers."""

from pathlib import Path

import click

from companion.chain.chapters import source
from companion.chain.stages import ROOT, UnknownStage, stages
from companion.upkeep.propagate import Conflict, propagate


@click.command("propagate")
@click.argument("start", required=False, metavar="[FROM]")
def propagate_edits(start: str | None) -> int:
    """Carry the edits of a stage into every later one.

    FROM is the stage to begin with.  [default: the first that is edited]
    """
    carried = 0
    try:
        for file in propagate(start, ROOT):
            click.echo(file)
            carried += 1
    except Conflict as conflict:
        raise click.ClickException(str(conflict)) from None
    except UnknownStage as error:
        raise click.BadParameter(str(error)) from None
    done = f"{carried} file{'s' if carried > 1 else ''} carried. Read the change (git diff), run the tests, commit."
    click.echo(done if carried else "Nothing to carry: every later stage has the edits of the stages before it.")
    return 0


@click.command("transcripts")
@click.argument("names", nargs=-1, metavar="[PAGE]...")
@click.option("--update", is_flag=True, help="Write what the commands print into the pages.")
def transcripts(names: tuple[str, ...], update: bool) -> int:
    """Run the commands that the docs show.

    PAGE is a page's name, for instance 08-urls.  [default: all pages]
    The commands of a chapter run on the database that the chapters before it leave, so those are played first where
    they have changed.
    """
    try:
        from companion.upkeep.transcripts.play import pages, play
        from companion.upkeep.transcripts.walk import Walk
    except ModuleNotFoundError as error:
        again = "`python -m nox -s transcripts` installs it and runs this command."
        raise click.ClickException(f"This Python has no package {error.name}. {again}") from None

    known = {page.stem: (page, stage) for page, stage in pages(ROOT)}
    chosen = [Path(name).stem for name in names] or list(known)  # without `.md`
    if unknown := [name for name in chosen if name not in known]:
        raise click.UsageError(f"No page is called {unknown[0]}. There are: {', '.join(known)}")
    walk = Walk()
    drifted = 0
    for page, stage in (known[name] for name in chosen):
        is_chapter = page == source(stage)
        for earlier in stages()[: stage.number - 1] if is_chapter else ():
            if not walk.was_played(earlier):
                click.echo(f"{earlier.name} is played first, for its database.")
                play(source(earlier), earlier, walk=walk)
        played, drifts = play(page, stage, update, walk if is_chapter else None)
        click.echo(f"{page.name}: {played} commands run, {len(drifts)} print something else")
        for command, change in drifts:
            click.echo(f"\n{page.name}: $ {command}\n{change}\n")
        drifted += len(drifts)
    return 0 if update or not drifted else 1


COMMANDS = {str(each.name): each for each in (propagate_edits, transcripts)}
