"""Finds what a project lacks, in the order of the chapters, and explains each thing when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial

from companion.chain import aims
from companion.chain.stages import Stage
from companion.explaining.advice import Advice
from companion.explaining.explain import Attempt, Explanation, explain
from companion.explaining.proposals import Topic
from companion.learner.trying import Trial
from companion.project.index import Known
from companion.project.results import MISSING, PASSED, Failure, Place, Report, Result
from companion.project.statements import APP
from companion.running import suite, topics

LAST = 10_000  # the step of code that no chapter shows


@dataclass
class Missing:
    """One thing that a project lacks: `result` is the failed test, or None if the tests could not run.

    `aim` is the code that the test is about. Reading `advice` tries remedies, which takes seconds.
    """

    result: Result | None
    failure: Failure
    aim: aims.Aim | None
    explain: Callable[[], Explanation] = field(repr=False)
    trial: Trial = field(repr=False)
    chain: tuple[Stage, ...] = field(repr=False)

    @cached_property
    def explanation(self) -> Explanation:
        """Returns the explanation, without trying a remedy."""
        return self.explain()

    @cached_property
    def tried(self) -> tuple[Advice, Attempt | None]:
        """Returns the advice and the attempt that helped; can be set if another missing thing has the same cause."""
        return self.trial.advice(self.explanation, self.result.id if self.result else "")

    @property
    def advice(self) -> Advice:
        """Returns the advice, after trying remedies."""
        return self.tried[0]

    @property
    def place(self) -> Place | None:
        """Returns where to look first, before a remedy was tried."""
        return self.explanation.place

    def with_same_cause(self, others: list[Missing]) -> list[Missing]:
        """Returns those of the others that the same remedy fixes."""
        attempt = self.tried[1]
        if attempt is None or attempt.along or self.result is None:
            said = {self.advice.sentence, self.explanation.untried.sentence}
            return [each for each in others if each.explanation.untried.sentence in said]
        passed = self.trial.passing(attempt, [each.result.id for each in others if each.result])
        return [each for each in others if each.result and each.result.id in passed]

    @property
    def link(self) -> str:
        """Returns the link to the chapter step to read, or ""; the step is about the file to open, if there is one."""
        aim, (advice, attempt) = self.aim, self.tried
        cause = attempt.cause[0] if attempt and not self.explanation.words else None
        if cause and not (aim and cause.imports):
            line = aims.aim_of_line(cause.name, cause.statement, self.chain)
            aim = line or topics.aim_of(cause.name, cause.lost or cause.symbol, self.chain) or aim
        elif advice.place and (aim is None or advice.place.file != self.trial.known.project_path(aim.file)):
            aim = topics.aim_at(advice.place, self.trial.known, self.chain) or aim
        return aims.link(aim) if aim else ""


def find_missing(report: Report, trial: Trial) -> list[Missing]:
    """Returns what the project lacks, in the order of the chapters, after what kept the tests from running."""
    known, chain, finding = trial.known, suite.until(trial.stage), report.finding
    first = [_found(finding, trial, chain)] if finding else []
    if first and all(result.outcome == MISSING for result in report.results):
        return first
    found: list[tuple[tuple[int, int, bool, int], Missing]] = []
    if first and finding and finding.type == "AppNotInstalled":
        # The tests ran without the app, so something that an earlier step adds may be missing too.
        found, first = [(_order(first[0].aim, False, -1), first[0])], []
    for number, result in enumerate(report.results):
        if result.outcome != PASSED:
            failure = result.failure or Failure("test", "NotRun", "")
            tested = topics.aim(result.id, chain)
            aim = _failed(failure, tested, known, chain) or tested
            found.append((_order(aim, aim != tested, number), _explained(result, failure, aim, trial, chain)))
    return first + [each for _, each in sorted(found, key=lambda pair: pair[0])]


def _explained(
    result: Result | None, failure: Failure, aim: aims.Aim | None, trial: Trial, chain: tuple[Stage, ...]
) -> Missing:
    steps = step_numbers(trial.stage)
    topic = Topic(aim.file, aim.symbol, steps.get((aim.file, aim.symbol), -1)) if aim and result else None
    return Missing(result, failure, aim, partial(explain, failure, trial.known, topic, steps), trial, chain)


@cache
def step_numbers(stage: Stage) -> dict[tuple[str, str], int]:
    """Maps each (file, symbol) that the stage changes to the step of its chapter that shows it."""
    changed = [(file, symbol) for file, symbol, changed in aims.candidates(stage) if changed]
    return {each: aims.step_number(aims.Aim(stage, *each)) or 0 for each in changed}


def _order(aim: aims.Aim | None, moved: bool, number: int) -> tuple[int, int, bool, int]:
    """Returns the sort key of a missing thing; `moved` is true if `aim` is the code that failed, not the test's."""
    step = aims.step_number(aim) if aim else None
    return (aim.stage.number if aim else LAST, LAST if step is None else step, moved, number)


def _failed(failure: Failure, tested: aims.Aim | None, known: Known, chain: tuple[Stage, ...]) -> aims.Aim | None:
    """Returns the code that failed, if the stage of the test has added or changed it: it is nearer to the cause."""
    failed = topics.aim_at(failure.place, known, chain)
    return failed if failed and failed.symbol and tested and failed.stage == tested.stage else None


def _found(finding: Failure, trial: Trial, chain: tuple[Stage, ...]) -> Missing:
    found = _explained(None, finding, None, trial, chain)
    words = found.explanation.words
    place = words.place if words else found.place
    aim = _absent(finding, trial.known, chain) or topics.aim_at(place, trial.known, chain)
    return replace(found, aim=aim or topics.aim_at(finding.place, trial.known, chain))


def _absent(finding: Failure, known: Known, chain: tuple[Stage, ...]) -> aims.Aim | None:
    """Returns the aim of what is completely absent, so that no line leads to it: the app, or AUTH_USER_MODEL."""
    first = chain[::-1]  # of several stages that change a symbol, the first one adds it
    if finding.type == "UserModel":
        return topics.aim_of("config/settings.py", "AUTH_USER_MODEL", first)
    app = finding.type == "AppNotInstalled" and finding.name == APP and not known.has_package(APP)
    return topics.aim_of(f"{APP}/apps.py", "", first) if app else None
