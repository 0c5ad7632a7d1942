"""Finds how far a project has come, and what it lacks first."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from companion.chain import aims
from companion.chain.stages import Stage, previous, stages
from companion.learner import last_check
from companion.learner.missing import LAST, Missing, find_missing
from companion.learner.outdated import older
from companion.learner.trying import Changes, Trial
from companion.project.index import Known
from companion.project.locate import NotAProject, Project, locate
from companion.project.reading import compared, last_begun, read
from companion.project.results import FAILED, MISSING, Report, Result
from companion.running import suite, topics
from companion.running.run_suite import check, expected

TRIED = 5  # remedies are tried for this many groups of failed tests
FIRST = 5  # this many of the tests that failed last run before all others
OnResult = Callable[[Stage, Result], object]


@dataclass(frozen=True)
class Standing:
    """How far a project has come: `stage` is the first one that is not done, or the one that was asked for.

    `exercise` is the URL of the exercise, or "" if the report is about the stage itself.
    """

    report: Report
    stage: Stage
    chain: tuple[Stage, ...]
    missing: list[Missing]
    known: Known
    notes: list[str] = field(default_factory=list)
    exercise: str = ""

    @property
    def done(self) -> int:
        """Returns how many stages are done."""
        return self.stage.number if self.report.passed else self.stage.number - 1

    @property
    def step(self) -> int:
        """Returns the chapter step that the project has reached, counted from 0; LAST if the stage is done."""
        if self.report.passed:
            return LAST
        aim = self.missing[0].aim if self.missing else None
        return (aims.step_number(aim) if aim and aim.stage == self.stage else None) or 0

    @property
    def next(self) -> Stage | None:
        """Returns the next stage, or None after the last."""
        return self.chain[self.stage.number] if self.stage.number < len(self.chain) else None

    @cached_property
    def groups(self) -> list[list[Missing]]:
        """Returns what is missing, grouped by cause, in the order of the chapter."""
        left = list(self.missing)
        found: list[list[Missing]] = []
        while left:
            first, *left = left
            if len(found) >= TRIED:
                first.tried = (first.explanation.untried, None)  # trying takes seconds
            same = first.with_same_cause(left)
            for each in same:
                each.tried = first.tried
            found.append([first, *same])
            left = [each for each in left if each not in same]
        return found


def find_standing(
    named: Path,
    stage: Stage | None = None,
    on_result: OnResult | None = None,
    on_first: Callable[[Standing], object] | None = None,
) -> Standing:
    """Checks the project in `named` with the tests of `stage`, or of the last stage that the project has begun.

    `on_result` is called with the stage and each result. `on_first` is called at most once, as soon as the first
    missing thing is known: for that, the tests that failed last, or those about files that have changed since, run
    first.
    """
    chain = stages()
    try:
        project: Project | None = locate(named)
    except NotAProject:
        project = None
    texts, last = read(project), last_check.recall(project)
    digests = last_check.digests(texts)
    tried: dict[object, Changes | None] = {}  # shared by the early report and the whole one

    def stands(report: Report, stage: Stage) -> Standing:
        known = compared(stage, project, report.facts, texts)
        return Standing(report, stage, chain, find_missing(report, Trial(stage, project, known, tried)), known)

    checked = next((each for each in chain if each.name == last.stage), None)
    if on_first and checked and stage in (None, checked):
        failed = [ident for ident in last.failed if ident in expected(checked)][:FIRST]
        if failed and not (report := check(checked, project or named, only=failed)).passed:
            on_first(stands(report, checked))
            on_first = None
    tested = stage or (last_begun(compared(chain[0], project, texts=texts), chain) if project else chain[0])
    changed = {file for file, _ in digests.items() ^ last.files.items()} if on_first and tested == checked else set()
    first = _tests_about(changed, tested, compared(tested, project, last.facts, texts)) if changed else []
    seen: list[Result] = []

    def receive(result: Result) -> None:
        nonlocal on_first
        seen.append(result)
        if on_result:
            on_result(tested, result)
        if on_first and result.outcome == FAILED and result.id in first:
            outer = str(project.outer if project else named)
            on_first(stands(Report(tested.name, outer, seen[:], facts=last.facts), tested))
            on_first = None

    report = check(tested, project or named, receive, first=first)
    found = replace(stands(report, tested), notes=older(tested, project))
    if project and any(result.outcome != MISSING for result in report.results):
        failed = [each.result.id for each in found.missing if each.result and each.result.outcome != MISSING]
        last_check.remember(project, last_check.Last(tested.name, failed, digests, report.facts))
    if stage is None and found.missing and (result := found.missing[0].result):
        reached = suite.last_rewritten(result.id, suite.until(tested))
        # A change in the tests' shared code can make a test of the previous stage fail, although that stage is done.
        before = previous(tested)
        if reached != tested and not (before and check(before, project or named).passed):
            return replace(found, stage=reached, known=compared(reached, project, report.facts, texts))
    return found


def _tests_about(changed: set[str], stage: Stage, known: Known) -> list[str]:
    """Returns the tests of the stage that are about one of these files."""
    chain, ids = suite.until(stage), expected(stage)
    aims = {name: topics.aim(name, chain) for name in {ident.partition("[")[0] for ident in ids}}
    about = {name for name, aim in aims.items() if aim and known.project_path(aim.file) in changed}
    return [ident for ident in ids if ident.partition("[")[0] in about]
