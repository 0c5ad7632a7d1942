"""Writes what a learner reads in the terminal: plain ASCII text, in which colour only repeats what a word says."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path
from typing import Any

import click

from companion.chain import address
from companion.chain.chapters import find_chapter
from companion.chain.stages import Stage
from companion.explaining.advice import first_line
from companion.learner.missing import Missing, step_numbers
from companion.learner.standing import Standing
from companion.project.differences import compare
from companion.project.results import Place
from companion.running.run_suite import expected

WIDTH = 100  # columns of a line of text
BAR = 30  # columns of the progress bar


def first(found: Standing) -> str:
    """Returns what is missing first and where to look, before all tests have run or a remedy was tried."""
    count, tests = len(found.report.results), len(expected(found.stage))
    parts = [f"So far, {count} of {tests} tests {'has' if count == 1 else 'have'} run:"]
    for missing in found.missing[:1]:
        parts += [_requirement(missing)] if missing.result else []
        parts += [f"  Open: {opened}"] if (opened := _place(found, missing.place)) else []
    return "\n\n".join(parts)


def first_cause(found: Standing, traceback: bool = False, hint: bool = False) -> str:
    """Returns the text below `first`: the cause and the remedy that was tried."""
    return "\n\n".join(_cause(found, each, traceback, hint, each.place) for each in found.missing[:1])


def standing(found: Standing, every: bool = False, traceback: bool = False, hint: bool = False, shown: str = "") -> str:
    """Returns the result of a check: the first missing thing, unless `shown` has it, or `every` missing thing."""
    parts = [head(found), *(_prose(f"Note: {note}") for note in found.notes)]
    if found.report.passed:
        parts.append(_done(found))
    for group in found.groups if every else [found.missing[:1]] if found.missing else []:
        missing = group[0]
        if shown and _prose(missing.advice.sentence) in click.unstyle(shown):
            continue
        parts.append(_requirement(missing)) if missing.result else None
        parts.append(_cause(found, missing, traceback, hint))
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


def head(found: Standing) -> str:
    """Returns the stage and two progress bars: of the tests that pass, and of the stages that are done."""
    count, tests = found.report.count, len(found.report.results)
    tested = "" if found.report.stage == found.stage.name else f" in {found.report.stage}"
    tested = " in the exercise" if found.exercise else tested
    lines = [
        click.style(f"Stage {title(found.stage)}", bold=True),
        f"  tests  {_coloured(bar(count, tests))} {count} of {tests}{tested}",
        f"  stages {_coloured(bar(found.done, len(found.chain)))} {found.done} of {len(found.chain)}",
    ]
    return "\n".join(lines[: 2 if found.exercise else 3])


def bar(done: int, of: int) -> str:
    """Returns a progress bar, which is full only if everything is done."""
    full = BAR * done // of if of else 0
    return f"[{'#' * full}{'.' * (BAR - full)}]"


def _coloured(bar: str) -> str:
    done = bar.rstrip("].")
    return click.style(done, fg="green") + bar.removeprefix(done)


def title(stage: Stage) -> str:
    """Returns a stage with the title of its chapter, if it has one."""
    chapter = find_chapter(stage)
    return f"{stage}: {chapter.title}" if chapter else str(stage)


def page(stage: Stage) -> str:
    """Returns the URL of a stage's chapter."""
    return f"{address.site()}chapters/{stage.name}/"


def _place(found: Standing, target: Place | None) -> str:
    """Returns the place as editors accept it, `path:line`; the path is relative if it is in the current folder."""
    if target is None:
        return ""
    path = os.path.join(found.report.project, target.file)
    near = os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else path
    return click.style(f"{near}:{target.line}" if target.line else near, fg="cyan")


def difference(found: Standing, every: bool = False) -> str:
    """Returns how the project differs from the stage, up to the step it has reached; `every`: in all steps."""
    if not found.known.files:
        return standing(found)
    differing = compare(found.known, step_numbers(found.stage))
    shown = [each for each in differing if every or each.step <= found.step]
    later = len(differing) - len(shown)
    parts = [f"Your project compared with {title(found.stage)} (- yours, + the stage's)"]
    parts += [_diff(str(each)) for each in shown]
    if not shown:
        parts.append("Nothing differs." if not later else "Nothing differs up to the step where you are.")
    if later:
        parts.append(f"{later} more belong{'s' if later == 1 else ''} to later steps: --all shows {_it(later)}.")
    return "\n\n".join(parts)


def _diff(text: str) -> str:
    colours = {"-": "red", "+": "green"}
    return "\n".join(click.style(line, fg=colours.get(line[2:3])) if line else line for line in text.split("\n"))


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def as_json(found: Standing) -> str:
    """Returns the whole result as JSON, for editors and scripts."""
    data: dict[str, Any] = {"stage": found.stage.name, "passed": found.report.passed, "tested": found.report.stage}
    data |= {"tests": len(found.report.results), "tests_passed": found.report.count}
    data |= {"stages": len(found.chain), "stages_done": found.done, "next": found.next and found.next.name}
    data |= {"serve": address.serve_command() or None, "notes": found.notes}
    data |= {"missing": [_as_data(missing, found.exercise) for group in found.groups for missing in group]}
    return json.dumps(data | {"report": found.report.as_dict()}, indent=1, default=str)


def _as_data(missing: Missing, exercise: str) -> dict[str, Any]:
    target = missing.advice.place
    return {
        "test": missing.result.id if missing.result else None,
        "requirement": missing.result.requirement if missing.result else None,
        "hint": missing.result.hint if missing.result else None,
        "sentence": missing.advice.sentence,
        "remedy": missing.advice.remedy,
        "file": target.file if target else None,
        "line": target.line if target else None,
        "read": exercise or missing.link or None,
    }


def _done(found: Standing) -> str:
    if found.exercise:
        return f"{click.style('Done.', fg='green')} Compare your code with our solution.\n  Read: {found.exercise}"
    if found.next is None:
        return click.style("All is done: this was the last stage.", fg="green")
    return f"{click.style('Done.', fg='green')} Next comes {title(found.next)}\n  Read: {page(found.next)}"


def _requirement(missing: Missing) -> str:
    said = missing.result.requirement if missing.result else ""
    return _prose(f"Missing: {said}").replace("Missing:", click.style("Missing:", fg="red"), 1)


def _cause(found: Standing, missing: Missing, traceback: bool, hint: bool, shown: Place | None = None) -> str:
    """Returns what is wrong and what to do, with the file to open unless it has been `shown`."""
    advice = missing.advice
    lines = [click.style(_prose(advice.sentence), bold=True)]
    remedy, *code = advice.remedy.split("\n")
    lines += [_prose(remedy)] if remedy else []
    lines += code
    lines.append("")
    if advice.place != shown and (opened := _place(found, advice.place)):
        lines.append(f"  Open: {opened}")
    if link := found.exercise or missing.link:
        lines.append(f"  Read: {link}")
    if missing.result and missing.result.hint:
        lines.append(textwrap.indent(_prose(f"Hint: {missing.result.hint}"), "  ") if hint else "  Hint: --hint")
    elif hint:
        lines.append("  Hint: there is none for this; the chapter's step says how.")
    if not missing.result and missing.failure.traceback and missing.failure.message:
        lines += ["", f"  Python says: {missing.failure.type}: {first_line(missing.failure.message)}"]
    if traceback and missing.failure.traceback:
        lines += ["", missing.failure.traceback.rstrip()]
    return "\n".join(lines).rstrip()


def _prose(text: str) -> str:
    """Wraps text into lines; a long path or URL is never broken."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(textwrap.fill(p, WIDTH, break_long_words=False, break_on_hyphens=False) for p in paragraphs)
