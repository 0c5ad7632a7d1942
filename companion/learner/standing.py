"""How far a project has come, and what is missing first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from companion.chain import steps
from companion.chain.stages import Stage, previous, stages
from companion.explaining import topics
from companion.explaining.advice import Advice
from companion.explaining.explain import explain
from companion.explaining.suspect import suspect
from companion.learner import memory
from companion.learner.versions import notes
from companion.project.index import Known
from companion.project.locate import NotAProject, Project, locate
from companion.project.reached import APP, begun
from companion.project.results import FAILED, MISSING, PASSED, Failure, Report, Result
from companion.running import suite
from companion.running.run_suite import LIMIT, OnResult, check, expected

LAST = 10_000  # the step of what no chapter tells
FIRST = 5  # so many of the tests that failed last run before all others


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


OnSoFar = Callable[[Standing], None]


def stand(
    named: Path,
    stage: Stage | None = None,
    on_start: Callable[[Stage], OnResult] | None = None,
    limit: float = LIMIT,
    so_far: OnSoFar | None = None,
) -> Standing:
    """Check the project in `named`, by the tests of `stage` or of the stage that it has come to by itself.

    `on_start` is called with the stage before its tests run, and what it returns with each result. `limit` is in
    seconds, for each test. `so_far` is called at most once, as soon as one thing is known to be missing: then the
    tests that failed at the last check run first, or the tests about the files that have changed since.
    """
    chain = stages()
    try:
        project = locate(named)
    except NotAProject:
        report = check(stage or chain[0], named)
        tested = stage or chain[0]
        return Standing(report, tested, chain, _missing(report, Known(tested, None), suite.until(tested)), [])
    last = memory.recall(project)
    early = _Early(so_far, chain, limit)
    if so_far and last.failed and (stage is None or stage.name == last.stage):
        early.again(named, project, last)
    known = Known(chain[0], project)
    tested = stage or begun(known, chain)
    changed = last.changed(known.texts) if so_far and last.stage == tested.name else set()
    first = _about(changed, Known(tested, project, last.facts)) if changed and not early.told else []
    counted = on_start(tested) if on_start else None
    seen: list[Result] = []

    def on_result(result: Result) -> None:
        seen.append(result)
        if counted:
            counted(result)
        if result.outcome == FAILED and result.id in first:
            early.tell(Report(tested.name, str(project.outer), seen[:], facts=last.facts), project)

    report = check(tested, named, on_result, limit, first=first)
    known = Known(tested, project, report.facts)
    missing = _missing(report, known, suite.until(tested))
    if any(result.outcome != MISSING for result in report.results):
        failed = [each.result.id for each in missing if each.result and each.result.outcome != MISSING]
        memory.remember(project, memory.Last(tested.name, failed, memory.digests(known.texts), report.facts))
    reached = tested
    if stage is None and missing and missing[0].result:
        reached = suite.worded(missing[0].result.id, suite.until(tested))
        # What the tests share may ask for something new, too: then all was right for the stage before.
        before = previous(tested)
        if reached != tested and before and check(before, named, limit=limit).passed:
            reached = tested
    return Standing(report, reached, chain, missing, notes(tested, project))


class _Early:
    """Tells once what is missing, before all tests have run."""

    def __init__(self, so_far: OnSoFar | None, chain: tuple[Stage, ...], limit: float) -> None:
        self.so_far, self.chain, self.limit, self.told = so_far, chain, limit, False

    def again(self, named: Path, project: Project, last: memory.Last) -> None:
        """Run the first tests of those that failed last, and no others."""
        stage = next((stage for stage in self.chain if stage.name == last.stage), None)
        if stage and (only := [ident for ident in last.failed if ident in expected(stage)][:FIRST]):
            report = check(stage, named, limit=self.limit, only=only)
            if not report.passed:
                self.tell(report, project)

    def tell(self, report: Report, project: Project) -> None:
        """Explain the first thing that is missing in a report, and nothing else in it."""
        if self.so_far and not self.told:
            self.told = True
            stage = next(stage for stage in self.chain if stage.name == report.stage)
            missing = _missing(report, Known(stage, project, report.facts), suite.until(stage), most=1)
            self.so_far(Standing(report, stage, self.chain, missing, []))


def _about(changed: set[str], known: Known) -> list[str]:
    """The tests of the stage that are about one of these files."""
    chain, ids = suite.until(known.stage), expected(known.stage)
    aims = {name: topics.aim(name, chain) for name in {ident.partition("[")[0] for ident in ids}}
    about = {name for name, aim in aims.items() if aim and known.theirs(aim.file) in changed}
    return [ident for ident in ids if ident.partition("[")[0] in about]


def _missing(report: Report, known: Known, chain: tuple[Stage, ...], most: int | None = None) -> list[Missing]:
    """What is missing, in the order in which the chapters tell it; what kept the tests from running comes first.

    Explaining takes its time, so no more than `most` failed tests are explained.
    """
    first = [_found(report.finding, known, chain)] if report.finding else []
    if first and all(result.outcome == MISSING for result in report.results):
        return first
    found: list[tuple[tuple[int, int, bool, int], Callable[[], Missing]]] = []
    if first and report.finding and report.finding.type == "AppNotInstalled":
        # The tests ran without the app, so a step that comes before it may be where the project stands.
        found, first = [(_order(first[0].aim, False, -1), partial(_found, report.finding, known, chain))], []
    for number, result in enumerate(report.results):
        if result.outcome != PASSED:
            failure = result.failure or Failure("test", "NotRun", "")
            asked = topics.aim(result.id, chain)
            aim = _failed(failure, asked, known, chain) or asked
            order = _order(aim, aim != asked, number)
            found.append((order, partial(_explained, result, failure, aim, known, chain)))
    return first + [missing() for _, missing in sorted(found, key=lambda pair: pair[0])[:most]]


def _explained(
    result: Result, failure: Failure, aim: steps.Aim | None, known: Known, chain: tuple[Stage, ...]
) -> Missing:
    advice = explain(failure, known, suspect(topics.likely(aim, known), known))
    return Missing(result, failure, advice, _told(advice, aim, known, chain))


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
