"""Finds what a project lacks, in the order of the chapters, and explains each thing when it is needed."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Self

from companion.chain import aims
from companion.chain.stages import Stage
from companion.explaining.advice import Advice
from companion.explaining.explain import Attempt, Explanation, explain
from companion.learner.trying import Trial
from companion.project.results import MISSING, PASSED, Failure, Report, Result
from companion.project.statements import APP
from companion.running import topics

LAST = 10_000  # the step of code that no chapter shows


@dataclass
class Missing:
    """One thing that a project lacks: `result` is the failed test, or None if the tests could not run.

    `aim` is the code that the test is about. Reading `advice` tries remedies, which takes seconds.
    """

    result: Result | None
    failure: Failure
    aim: aims.Aim | None
    trial: Trial = field(repr=False)

    @cached_property
    def explanation(self) -> Explanation:
        """Returns the explanation, without trying a remedy."""
        topic = (self.aim.file, self.aim.symbol) if self.aim and self.result else None
        return explain(self.failure, self.trial.known, topic, step_numbers(self.trial.stage))

    @cached_property
    def tried(self) -> tuple[Advice, Attempt | None]:
        """Returns the advice and the attempt that helped; can be set if another missing thing has the same cause."""
        return self.trial.advice(self.explanation, self.result.id if self.result else "")

    @property
    def advice(self) -> Advice:
        """Returns the advice, after trying remedies."""
        return self.tried[0]

    def with_same_cause(self, others: list[Self]) -> list[Self]:
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
        aim, chain, (advice, attempt) = self.aim, self.trial.chain, self.tried
        cause = attempt.cause[0] if attempt and not self.explanation.words else None
        if cause and not (aim and cause.imports):
            line = aims.aim_of_line(cause.name, cause.statement, chain)
            aim = line or topics.aim_of(cause.name, cause.lost or cause.symbol, chain) or aim
        elif advice.place and (aim is None or advice.place.file != self.trial.known.project_path(aim.file)):
            aim = topics.aim_at(advice.place, self.trial.known, chain) or aim
        return aims.link(aim) if aim else ""


def find_missing(report: Report, trial: Trial) -> list[Missing]:
    """Returns what the project lacks, in the order of the chapters, after what kept the tests from running."""
    found: list[tuple[tuple[int, int, bool], Missing]] = []  # each with its sort key
    if report.finding:
        first = Missing(None, report.finding, None, trial)
        first.aim = _aim_of_finding(first)
        # If only the app is not installed, the tests have run, and something that an earlier step adds may be missing.
        waits = report.finding.type == "AppNotInstalled"
        found.append((_order(first.aim) if waits else (-1, -1, False), first))
        if all(result.outcome == MISSING for result in report.results):
            return [first]
    for result in report.results:
        if result.outcome != PASSED:
            failure = result.failure or Failure("test", "NotRun", "")
            tested = topics.aim(result.id, trial.chain)
            # The code that failed is nearer to the cause, if the stage of the test has added or changed it.
            failed = topics.aim_at(failure.place, trial.known, trial.chain)
            aim = failed if failed and failed.symbol and tested and failed.stage == tested.stage else tested
            found.append((_order(aim, aim != tested), Missing(result, failure, aim, trial)))
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


@cache
def step_numbers(stage: Stage) -> dict[tuple[str, str], int]:
    """Maps each (file, symbol) that the stage changes to the step of its chapter that shows it."""
    changed = [(file, symbol) for file, symbol, changed in aims.candidates(stage) if changed]
    return {each: aims.step_number(aims.Aim(stage, *each)) or 0 for each in changed}


def _order(aim: aims.Aim | None, moved: bool = False) -> tuple[int, int, bool]:
    """Returns the sort key of a missing thing; `moved` is true if `aim` is the code that failed, not the test's."""
    step = aims.step_number(aim) if aim else None
    return (aim.stage.number if aim else LAST, LAST if step is None else step, moved)


def _aim_of_finding(found: Missing) -> aims.Aim | None:
    """Returns the code to write or to correct, where something kept the tests from running."""
    finding, trial, explanation = found.failure, found.trial, found.explanation
    first = trial.chain[::-1]  # of several stages that change a symbol, the first one adds it
    if finding.type == "UserModel":
        return topics.aim_of("config/settings.py", "AUTH_USER_MODEL", first)
    if (finding.type, finding.name) == ("AppNotInstalled", APP) and not trial.known.has_package(APP):
        return topics.aim_of(f"{APP}/apps.py", "", first)
    place = (explanation.words or explanation.untried).place
    return topics.aim_at(place, trial.known, trial.chain) or topics.aim_at(finding.place, trial.known, trial.chain)
