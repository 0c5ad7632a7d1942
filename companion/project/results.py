"""What a check finds out, as plain data, which travels as JSON from the project's process to ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

PASSED, FAILED, TIMEOUT, MISSING = "passed", "failed", "timeout", "missing"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; `file` is relative to the folder that was named (with `/`), `line` counted from 1.

    Line 0 means the whole file.
    """

    file: str
    line: int
    code: str = ""
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong.

    `phase` says when: "read", "manage", "settings", "setup", "urls", "migrations", "history", "collect" or "test".
    `places` are the lines of the project that were being run, outermost first; `test` is the line of the stage's
    test. `name` is what an ImportError, a NameError or an AttributeError speaks of. `wanted` and `came` are the two
    sides of the comparison that failed, as Python shows them, and "" where none did.
    """

    phase: str
    type: str
    message: str
    name: str = ""
    places: tuple[Place, ...] = ()
    test: Place | None = None
    wanted: str = ""
    came: str = ""
    traceback: str = ""

    @property
    def place(self) -> Place | None:
        """The innermost line of the project."""
        return self.places[-1] if self.places else None

    @classmethod
    def read(cls, data: dict[str, Any]) -> Failure:
        """The failure that `asdict` turned into `data`."""
        places = tuple(Place(**place) for place in data.get("places", ()))
        test = Place(**data["test"]) if data.get("test") else None
        return cls(**{**data, "places": places, "test": test})


@dataclass(slots=True)
class Result:
    """How one test of a stage ended on a project; `id` is pytest's (`tests/test_views.py::test_name[parameter]`).

    `outcome` is "passed", "failed", "timeout", or "missing" when the test never ran: nothing else is ever counted
    as passed. `requirement` and `hint` are the first and the second paragraph of its docstring. `seconds` is how
    long it ran.
    """

    id: str
    outcome: str
    requirement: str
    hint: str
    seconds: float = 0.0
    failure: Failure | None = None


@dataclass(slots=True)
class Report:
    """What the check of one stage against one project found.

    `results` has every test of the stage, in the suite's order, whatever happened. `finding` is what kept the
    tests from running at all, or from being collected. `seconds` is the whole wall time. `output` is what the
    project printed.
    """

    stage: str
    project: str
    results: list[Result]
    finding: Failure | None = None
    seconds: float = 0.0
    output: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every test of the stage ran and passed, and nothing else was found."""
        return self.finding is None and bool(self.results) and all(r.outcome == PASSED for r in self.results)

    @property
    def count(self) -> int:
        """How many tests passed."""
        return sum(result.outcome == PASSED for result in self.results)

    def as_dict(self) -> dict[str, Any]:
        """The report as what JSON can hold."""
        return {"passed": self.passed, **asdict(self)}
