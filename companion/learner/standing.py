"""Finds how far a project has come, and what it lacks first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from companion.project.reached import last_begun
from companion.project.reading import compared, read
from companion.project.results import FAILED, MISSING, Report, Result
from companion.running import suite, topics
from companion.running.run_suite import LIMIT, OnResult, check, expected

TRIED = 5  # remedies are tried for this many groups of failed tests
FIRST = 5  # this many of the tests that failed last run before all others


@dataclass(frozen=True)
class Standing:
    """How far a project has come: `stage` is the first one that is not done, or the one that was asked for.

    `exercise` is the URL of the exercise, or "" if the report is about the stage itself.
    """

    report: Report
    stage: Stage
    chain: tuple[Stage, ...]
    missing: list[Missing]
    notes: list[str]
    known: Known
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
        step = aims.step_number(aim) if aim and aim.stage == self.stage else None
        return 0 if step is None else step

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


OnFirst = Callable[[Standing], None]


def find_standing(
    named: Path,
    stage: Stage | None = None,
    on_start: Callable[[Stage], OnResult] | None = None,
    limit: float = LIMIT,
    on_first: OnFirst | None = None,
) -> Standing:
    """Checks the project in `named` with the tests of `stage`, or of the last stage that the project has last_begun.

    `on_start` is called with the stage before its tests run; the function that it returns is called with each result.
    `limit` is in seconds for each test. `on_first` is called at most once, as soon as the first missing thing is known:
    for that, the tests that failed last, or those about files that have changed since, run first.
    """
    chain = stages()
    try:
        project = locate(named)
    except NotAProject:
        tested = stage or chain[0]
        report = check(tested, named)
        known = compared(tested, None)
        return Standing(report, tested, chain, find_missing(report, Trial(tested, None, known)), [], known)
    texts, last = read(project), last_check.recall(project)
    early = _Early(on_first, chain, limit, texts)
    if on_first and last.failed and (stage is None or stage.name == last.stage):
        early.rerun(project, last)
    tested = stage or last_begun(compared(chain[0], project, texts=texts), chain)
    changed = last.changed(texts) if on_first and last.stage == tested.name else set()
    first: list[str] = []
    if changed and not early.reported:
        first = _tests_about(changed, tested, compared(tested, project, last.facts, texts))
    counted = on_start(tested) if on_start else None
    seen: list[Result] = []

    def on_result(result: Result) -> None:
        seen.append(result)
        if counted:
            counted(result)
        if result.outcome == FAILED and result.id in first:
            early.report(Report(tested.name, str(project.outer), seen[:], facts=last.facts), project)

    report = check(tested, project, on_result, limit, first=first)
    trial = Trial(tested, project, compared(tested, project, report.facts, texts), early.tried)
    missing = find_missing(report, trial)
    if any(result.outcome != MISSING for result in report.results):
        failed = [each.result.id for each in missing if each.result and each.result.outcome != MISSING]
        last_check.remember(project, last_check.Last(tested.name, failed, last_check.digests(texts), report.facts))
    reached = tested
    if stage is None and missing and missing[0].result:
        reached = suite.last_rewritten(missing[0].result.id, suite.until(tested))
        # A change in the tests' shared code can make a test of the previous stage fail, although that stage is done.
        before = previous(tested)
        if reached != tested and before and check(before, project, limit=limit).passed:
            reached = tested
    known = trial.known if reached == tested else compared(reached, project, report.facts, texts)
    return Standing(report, reached, chain, missing, older(tested, project), known)


class _Early:
    """Reports once what is missing, before all tests have run. `tried` caches which remedies helped."""

    def __init__(
        self, on_first: OnFirst | None, chain: tuple[Stage, ...], limit: float, texts: Mapping[str, str]
    ) -> None:
        self.on_first, self.chain, self.limit, self.texts = on_first, chain, limit, texts
        self.reported = False
        self.tried: dict[object, Changes | None] = {}

    def rerun(self, project: Project, last: last_check.Last) -> None:
        """Runs the first few of the tests that failed at the last check."""
        stage = next((stage for stage in self.chain if stage.name == last.stage), None)
        if stage and (only := [ident for ident in last.failed if ident in expected(stage)][:FIRST]):
            report = check(stage, project, limit=self.limit, only=only)
            if not report.passed:
                self.report(report, project)

    def report(self, report: Report, project: Project) -> None:
        """Explains the first missing thing of a report."""
        if self.on_first and not self.reported:
            self.reported = True
            stage = next(stage for stage in self.chain if stage.name == report.stage)
            trial = Trial(stage, project, compared(stage, project, report.facts, self.texts), self.tried)
            self.on_first(Standing(report, stage, self.chain, find_missing(report, trial), [], trial.known))


def _tests_about(changed: set[str], stage: Stage, known: Known) -> list[str]:
    """Returns the tests of the stage that are about one of these files."""
    chain, ids = suite.until(stage), expected(stage)
    aims = {name: topics.aim(name, chain) for name in {ident.partition("[")[0] for ident in ids}}
    about = {name for name, aim in aims.items() if aim and known.project_path(aim.file) in changed}
    return [ident for ident in ids if ident.partition("[")[0] in about]
