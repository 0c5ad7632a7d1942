"""Defines the result of a submission, and decides whether it has passed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from companion.project.results import FAILED, PASSED

SHOWN = 1000  # characters of a failure's message


class CannotGrade(Exception):
    """Raised if nothing can be graded, for example without a folder of submissions; the message says what to do."""


class Verdict(StrEnum):
    """The verdict on a submission, in the words of the reports."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "time-out"
    MEMORY = "too much memory"
    NOT_STARTED = "does not start"
    NO_PROJECT = "no manage.py found"
    UNREADABLE = "not readable"
    SUSPICIOUS = "report does not add up"
    GRADER_FAILED = "grader failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one test: "passed" or "failed", with the beginning of the failure's message.

    `cause` is a sentence about the request that failed: "POST /api/registration: expected 201, got 200."
    """

    outcome: str
    message: str = ""
    cause: str = ""


@dataclass(slots=True)
class Grade:
    """The result of one submission.

    `why` is a sentence for the instructor and the student. `outcomes` has every test that reported, by its id;
    `expected` is the number of tests. `proof` is true if the tests ran where the submission could not change them.
    `where` is the stage that the project has reached, by its files. `seconds` is wall time. `output` is the end of what
    the submission printed.
    """

    verdict: Verdict
    why: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    expected: int = 0
    proof: bool = False
    where: str = ""
    seconds: float = 0.0
    output: str = ""

    @property
    def graded(self) -> bool:
        """Returns whether there is a grade: tests ran, and their report adds up. Otherwise a person must decide."""
        return bool(self.outcomes) and self.verdict not in (Verdict.SUSPICIOUS, Verdict.GRADER_FAILED)

    @property
    def passed(self) -> int:
        """Returns how many tests passed, or 0 if there is no grade."""
        return sum(outcome.outcome == PASSED for outcome in self.outcomes.values()) if self.graded else 0

    def points(self, maximum: float = 100) -> float:
        """Returns the points for the share of passed tests, with two decimals; `maximum` is only for a pass."""
        if self.verdict is Verdict.PASSED:
            return maximum
        share = self.passed / self.expected if self.expected else 0
        return min(round(maximum * share, 2), maximum - 0.01) if share else 0

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Returns the result that `asdict` turned into `data`."""
        outcomes = {id_: Outcome(**outcome) for id_, outcome in data["outcomes"].items()}
        return cls(**{**data, "verdict": Verdict(data["verdict"]), "outcomes": outcomes})


def cut(text: object, most: int) -> str:
    """Returns at most `most` characters of an untrusted value, as valid UTF-8."""
    return str(text)[:most].encode("utf-8", "replace").decode()


def judge(expected: Iterable[str], events: Iterable[Mapping[str, Any]], status: int | None) -> Grade:
    """Returns the grade for the report of a run.

    `events` come from the process that ran the tests, in order: "test" with id, outcome and message for each test, and
    one "end" with its exit status and the number of tests. `status` is the actual exit status of the process. A report
    is accepted only if every expected test, and no other, reported once, and both exit statuses agree.
    """
    wanted, events = list(expected), list(events)
    told = [event for event in events if event["event"] == "test"]
    end = next((event for event in events if event["event"] == "end"), None)
    outcomes: dict[str, Outcome] = {}
    faults: list[str] = []
    for event in told:
        id_, outcome = str(event["id"]), str(event["outcome"])
        if id_ not in wanted:
            faults.append(f"there is no test {id_}")
        elif id_ in outcomes and outcome == PASSED:
            faults.append(f"{id_} reported twice")
        else:  # a failure in the teardown comes after the pass, and counts
            said, cause = (cut(event.get(name, ""), SHOWN) for name in ("message", "cause"))
            outcomes[id_] = Outcome(PASSED if outcome == PASSED else FAILED, said, cause)
    passed = bool(wanted) and len(outcomes) == len(wanted) and all(o.outcome == PASSED for o in outcomes.values())
    if end is None:
        faults.append(f"it ended after {len(outcomes)} of {len(wanted)} tests")
    elif end is not events[-1]:
        faults.append("something came after the end")
    elif end["status"] != status or end["count"] != len(told):
        faults.append("the end, the exit status and the tests disagree")
    elif len(outcomes) < len(wanted):
        faults.append(f"{len(wanted) - len(outcomes)} tests did not report")
    elif passed != (status == 0):
        faults.append("the tests and the exit status disagree")
    if faults:
        return Grade(Verdict.SUSPICIOUS, f"{faults[0][0].upper()}{faults[0][1:]}.", outcomes, len(wanted))
    return Grade(Verdict.PASSED if passed else Verdict.FAILED, "", outcomes, len(wanted))
