"""Writes what a learner reads in the terminal: plain ASCII text, in which colour only repeats what a word says."""

import json
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from companion.chain import address
from companion.chain.chapters import find_chapter
from companion.chain.stages import Stage
from companion.explaining.advice import first_line
from companion.learner.missing import Missing, step_numbers
from companion.learner.standing import OnResult, Standing, find_standing
from companion.project.differences import compare
from companion.project.results import Place
from companion.running.run_suite import expected

WIDTH = 100  # columns of a line of text
BAR = 30  # columns of the progress bar
Echo = Callable[[str], object]


def check_and_tell(
    folder: Path, stage: Stage | None, echo: Echo, on_result: OnResult, traceback: bool = False, hint: bool = False
) -> tuple[Standing, str]:
    """Checks a project, and writes the first missing thing as soon as it is known; returns the text of its cause too.

    The place to open is written at once, and the cause after remedies were tried, which takes seconds.
    """
    shown = ""

    def on_first(found: Standing) -> None:
        nonlocal shown
        missing, place = found.missing[0], found.missing[0].explanation.untried.place
        count, tests = len(found.report.results), len(expected(found.stage))
        parts = [f"So far, {count} of {tests} tests {'has' if count == 1 else 'have'} run:", *_requirement(missing)]
        parts += _to_open(found, place)
        echo("\n\n".join(parts) + "\n")
        shown = _cause(found, missing, traceback, hint, place)
        echo(f"{shown}\n")

    return find_standing(folder, stage, on_result, on_first), shown


def standing(found: Standing, every: bool = False, traceback: bool = False, hint: bool = False, shown: str = "") -> str:
    """Returns the result of a check: the first missing thing, unless `shown` has it, or `every` missing thing."""
    parts = [_head(found), *(_prose(f"Note: {note}") for note in found.notes)]
    if found.report.passed:
        parts.append(_done(found))
    for group in found.groups if every else [found.missing[:1]] if found.missing else []:
        missing = group[0]
        if shown and _prose(missing.advice.sentence) in click.unstyle(shown):
            continue
        parts += [*_requirement(missing), _cause(found, missing, traceback, hint)]
        tests = sum(missing.result is not None for missing in group)
        if every and tests > 1:
            parts[-1] += f"\n  {tests} tests wait for this."
    left = len(found.missing) - 1
    if left > 0 and not every:
        parts.append(f"{left} more {'is' if left == 1 else 'are'} missing: --all shows {_it(left)}.")
    if any("  Read: " in part for part in (*parts, shown)):
        parts += start_the_site()
    return "\n\n".join(parts)


def start_the_site() -> list[str]:
    """Returns how to start the site, as lines to print; [] if it is already running or is published."""
    command = address.serve_command()
    return [f"To open that page, start the tutorial in another window:\n  {command}"] if command else []


def _head(found: Standing) -> str:
    """Returns the stage and two progress bars: of the tests that pass, and of the stages that are done."""
    count, tests = found.report.count, len(found.report.results)
    tested = "" if found.report.stage == found.stage.name else f" in {found.report.stage}"
    lines = [
        click.style(f"Stage {title(found.stage)}", bold=True),
        f"  tests  {bar(count, tests)} {count} of {tests}{' in the exercise' if found.exercise else tested}",
        f"  stages {bar(found.done, len(found.chain))} {found.done} of {len(found.chain)}",
    ]
    return "\n".join(lines[: 2 if found.exercise else 3])


def bar(done: int, of: int) -> str:
    """Returns a progress bar, which is full only if everything is done."""
    full = BAR * done // of if of else 0
    return click.style(f"[{'#' * full}", fg="green") + f"{'.' * (BAR - full)}]"


def title(stage: Stage) -> str:
    """Returns a stage with the title of its chapter, if it has one."""
    chapter = find_chapter(stage)
    return f"{stage}: {chapter.title}" if chapter else str(stage)


def page(stage: Stage) -> str:
    """Returns the URL of a stage's chapter."""
    return f"{address.site()}chapters/{stage.name}/"


def _to_open(found: Standing, target: Place | None) -> list[str]:
    """Returns a line with the place as editors accept it, `path:line`; relative if it is in the current folder."""
    if target is None:
        return []
    path = os.path.join(found.report.project, target.file)
    near = os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else path
    return ["  Open: " + click.style(f"{near}:{target.line}" if target.line else near, fg="cyan")]


def difference(found: Standing, every: bool = False) -> str:
    """Returns how the project differs from the stage, up to the step it has reached; `every`: in all steps."""
    if not found.known.files:
        return standing(found)
    differing = compare(found.known, step_numbers(found.stage))
    shown = [each for each in differing if every or each.step <= found.step]
    later = len(differing) - len(shown)
    colours = {"-": "red", "+": "green"}
    parts = [f"Your project compared with {title(found.stage)} (- yours, + the stage's)"]
    for each in shown:
        lines = str(each).split("\n")
        parts.append("\n".join(click.style(line, fg=colours.get(line[2:3])) if line else line for line in lines))
    if not shown:
        parts.append("Nothing differs up to the step where you are." if later else "Nothing differs.")
    if later:
        parts.append(f"{later} more belong{'s' if later == 1 else ''} to later steps: --all shows {_it(later)}.")
    return "\n\n".join(parts)


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def as_json(found: Standing) -> str:
    """Returns the whole result as JSON, for editors and scripts."""
    data: dict[str, Any] = {"stage": found.stage.name, "passed": found.report.passed, "tested": found.report.stage}
    data |= {"tests": len(found.report.results), "tests_passed": found.report.count}
    data |= {"stages": len(found.chain), "stages_done": found.done, "next": found.next and found.next.name}
    data |= {"serve": address.serve_command() or None, "notes": found.notes, "missing": []}
    for missing in (missing for group in found.groups for missing in group):
        test, advice, place = missing.result, missing.advice, missing.advice.place
        facts: dict[str, Any] = {"test": test and test.id, "requirement": test and test.requirement}
        facts |= {"hint": test and test.hint, "sentence": advice.sentence, "remedy": advice.remedy}
        facts |= {"file": place and place.file, "line": place and place.line}
        data["missing"].append(facts | {"read": found.exercise or missing.link or None})
    return json.dumps(data | {"report": found.report.as_dict()}, indent=1, default=str)


def _done(found: Standing) -> str:
    if found.exercise:
        return f"{click.style('Done.', fg='green')} Compare your code with our solution.\n  Read: {found.exercise}"
    if found.next is None:
        return click.style("All is done: this was the last stage.", fg="green")
    return f"{click.style('Done.', fg='green')} Next comes {title(found.next)}\n  Read: {page(found.next)}"


def _requirement(missing: Missing) -> list[str]:
    said = [_prose(f"Missing: {missing.result.requirement}")] if missing.result else []
    return [text.replace("Missing:", click.style("Missing:", fg="red"), 1) for text in said]


def _cause(found: Standing, missing: Missing, traceback: bool, hint: bool, shown: Place | None = None) -> str:
    """Returns what is wrong and what to do, with the file to open unless it has been `shown`."""
    advice, result, failure = missing.advice, missing.result, missing.failure
    remedy, *code = advice.remedy.split("\n")
    lines = [click.style(_prose(advice.sentence), bold=True), *([_prose(remedy)] if remedy else []), *code, ""]
    lines += _to_open(found, advice.place) if advice.place != shown else []
    if link := found.exercise or missing.link:
        lines.append(f"  Read: {link}")
    if result and result.hint:
        lines.append(textwrap.indent(_prose(f"Hint: {result.hint}"), "  ") if hint else "  Hint: --hint")
    elif hint:
        lines.append("  Hint: there is none for this; the chapter's step says how.")
    if not result and failure.traceback and failure.message:
        lines += ["", f"  Python says: {failure.type}: {first_line(failure.message)}"]
    if traceback and failure.traceback:
        lines += ["", failure.traceback.rstrip()]
    return "\n".join(lines).rstrip()


def _prose(text: str) -> str:
    """Wraps text into lines; a long path or URL is never broken."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(textwrap.fill(p, WIDTH, break_long_words=False, break_on_hyphens=False) for p in paragraphs)
