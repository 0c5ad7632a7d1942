"""Defines the results of a check as plain data, which the project's process sends as JSON."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

PASSED, FAILED, TIMEOUT, MISSING = "passed", "failed", "timeout", "missing"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file: `file` is relative to the folder that was named, with `/`; `line` counts from 1.

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
    """One failure of a check.

    `phase` is when it happened: "read", "manage", "settings", "setup", "urls", "migrations", "history", "collect" or
    "test". `places` are the project's lines in the traceback, outermost first; `test` is the line of the stage's test.
    `name` is the name that an ImportError, NameError or AttributeError is about. `wanted` and `came` are the expected
    and the actual side of a failed comparison, as `repr`, or "" if no comparison failed.
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
        """Returns the project's innermost line in the traceback."""
        return self.places[-1] if self.places else None

    @classmethod
    def read(cls, data: dict[str, Any]) -> Self:
        """Returns the failure that `asdict` turned into `data`."""
        places = tuple(Place(**place) for place in data.get("places", ()))
        test = Place(**data["test"]) if data.get("test") else None
        return cls(**{**data, "places": places, "test": test})


@dataclass(slots=True)
class Result:
    """The result of one test of a stage; `id` is pytest's, such as `tests/test_views.py::test_name[parameter]`.

    `outcome` is "passed", "failed", "timeout", or "missing" if the test never ran; only "passed" counts as passed.
    `requirement` and `hint` are the first and second paragraph of the test's docstring.
    """

    id: str
    outcome: str
    requirement: str
    hint: str
    seconds: float = 0.0
    failure: Failure | None = None


@dataclass(slots=True)
class Report:
    """The result of checking one project against one stage.

    `results` has every test of the stage, in the order of the suite, even if no test ran. `finding` is the failure
    that kept the tests from being collected or run. `seconds` is wall time. `output` is what the project printed.
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
        """Returns whether every test of the stage passed and there was no other failure."""
        return self.finding is None and bool(self.results) and all(r.outcome == PASSED for r in self.results)

    @property
    def count(self) -> int:
        """Returns how many tests passed."""
        return sum(result.outcome == PASSED for result in self.results)

    def as_dict(self) -> dict[str, Any]:
        """Returns the report as a dictionary that can be written as JSON."""
        return {"passed": self.passed, **asdict(self)}
