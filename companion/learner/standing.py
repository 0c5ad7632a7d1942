"""How far a project has come, and what is missing first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from companion.chain import steps
from companion.chain.stages import Stage, previous, stages
from companion.explaining import topics
from companion.explaining.advice import Advice
from companion.explaining.explain import explain
from companion.explaining.suspect import suspect
from companion.learner.versions import notes
from companion.project.index import Known
from companion.project.locate import NotAProject, Project, locate
from companion.project.reached import APP, begun
from companion.project.results import MISSING, PASSED, Failure, Report, Result
from companion.running import suite
from companion.running.run_suite import LIMIT, OnResult, check

LAST = 10_000  # the step of what no chapter tells


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing: what was asked for (None where no test was reached), and what is wrong."""

    result: Result | None
    failure: Failure
    advice: Advice
    aim: steps.Aim | None

    @property
    def link(self) -> str:
        """The chapter's step to read; "" where no chapter speaks of it."""
        return steps.link(self.aim) if self.aim else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a project stands: `stage` is the first one that is not done, or the one that was asked for."""

    report: Report
    stage: Stage
    chain: tuple[Stage, ...]
    missing: list[Missing]
    notes: list[str]

    @property
    def done(self) -> int:
        """How many stages are done."""
        return self.stage.number if self.report.passed else self.stage.number - 1

    @property
    def step(self) -> int:
        """The step of the stage's chapter at which the project stands, counted from 0; LAST when it is done."""
        if self.report.passed:
            return LAST
        aim = self.missing[0].aim if self.missing else None
        step = steps.step_number(aim) if aim and aim.stage == self.stage else None
        return 0 if step is None else step

    @property
    def next(self) -> Stage | None:
        """The stage that comes after this one; None after the last."""
        return self.chain[self.stage.number] if self.stage.number < len(self.chain) else None


def stand(
    named: Path,
    stage: Stage | None = None,
    on_start: Callable[[Stage], OnResult] | None = None,
    limit: float = LIMIT,
) -> Standing:
    """Check the project in `named`, by the tests of `stage` or of the stage that it has come to by itself.

    `on_start` is called with the stage before its tests run, and what it returns with each result. `limit` is in
    seconds, for each test.
    """
    chain = stages()
    project: Project | None
    try:
        project = locate(named)
    except NotAProject:
        project = None
    tested = stage or begun(Known(chain[0], project), chain)
    report = check(tested, named, on_start(tested) if on_start else None, limit)
    known = Known(tested, project, report.facts)
    missing = _missing(report, known, suite.until(tested))
    reached = tested
    if stage is None and missing and missing[0].result:
        reached = suite.worded(missing[0].result.id, suite.until(tested))
        # What the tests share may ask for something new, too: then all was right for the stage before.
        before = previous(tested)
        if reached != tested and before and check(before, named, limit=limit).passed:
            reached = tested
    return Standing(report, reached, chain, missing, notes(tested, project))


def _missing(report: Report, known: Known, chain: tuple[Stage, ...]) -> list[Missing]:
    """What is missing, in the order in which the chapters tell it; what kept the tests from running comes first."""
    first = [_found(report.finding, known, chain)] if report.finding else []
    if first and all(result.outcome == MISSING for result in report.results):
        return first
    found: list[tuple[tuple[int, int, bool, int], Missing]] = []
    if first and report.finding and report.finding.type == "AppNotInstalled":
        # The tests ran without the app, so a step that comes before it may be where the project stands.
        found, first = [(_order(first[0].aim, False, -1), first[0])], []
    for number, result in enumerate(report.results):
        if result.outcome != PASSED:
            failure = result.failure or Failure("test", "NotRun", "")
            asked = topics.aim(result.id, chain)
            aim = _failed(failure, asked, known, chain) or asked
            advice = explain(failure, known, suspect(topics.likely(aim, known), known))
            order = _order(aim, aim != asked, number)
            found.append((order, Missing(result, failure, advice, _told(advice, aim, known, chain))))
    return first + [missing for _, missing in sorted(found, key=lambda pair: pair[0])]


def _order(aim: steps.Aim | None, moved: bool, number: int) -> tuple[int, int, bool, int]:
    """Where in the chapters something stands that is missing; `moved`: where its code failed, not what was asked."""
    step = steps.step_number(aim) if aim else None
    return (aim.stage.number if aim else LAST, LAST if step is None else step, moved, number)


def _failed(failure: Failure, asked: steps.Aim | None, known: Known, chain: tuple[Stage, ...]) -> steps.Aim | None:
    """The code that failed, if the stage of the test has brought or changed it: that is nearer than what was asked."""
    failed = topics.aim_at(failure.place, known, chain)
    return failed if failed and failed.symbol and asked and failed.stage == asked.stage else None


def _told(advice: Advice, aim: steps.Aim | None, known: Known, chain: tuple[Stage, ...]) -> steps.Aim | None:
    """What to read: of the file that is to be opened, where a chapter tells of it."""
    other = aim and advice.place and advice.place.file != known.theirs(aim.file)
    return (topics.aim_at(advice.place, known, chain) if other else None) or aim


def _found(finding: Failure, known: Known, chain: tuple[Stage, ...]) -> Missing:
    advice = explain(finding, known)
    aim = _absent(finding, known, chain) or topics.aim_at(advice.place, known, chain)
    aim = aim or topics.aim_at(finding.place, known, chain)
    return Missing(None, finding, advice, aim)


def _absent(finding: Failure, known: Known, chain: tuple[Stage, ...]) -> steps.Aim | None:
    """What is not there at all, so that no line leads to it: the app's folder, and the setting that names the user."""
    for stage in chain:
        for file, symbol, changed in steps.candidates(stage):
            app = (file, symbol) == (f"{APP}/apps.py", "") and finding.type == "AppNotInstalled" and finding.name == APP
            user = symbol == "AUTH_USER_MODEL" and finding.type == "UserModel"
            if changed and (app and not known.has_package(APP) or user):
                return steps.Aim(stage, file, symbol)
    return None
