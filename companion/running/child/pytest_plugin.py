"""Defines the pytest plugin that sends an event for each test. Runs in the project's process, without Django."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from companion.project.results import FAILED, MISSING, PASSED

if TYPE_CHECKING:
    from companion.running.child.check import Child

SHOWN = 600  # characters of each side of a comparison


class Listener:
    """Implements pytest's hooks: sends what pytest reports as events."""

    result: dict[str, Any]  # of the test that runs

    def __init__(self, child: "Child") -> None:
        self.child, self.compared = child, ("", "")

    @pytest.hookimpl(wrapper=True)
    def pytest_load_initial_conftests(self) -> Any:
        try:
            return (yield)
        except BaseException as error:
            self.child.send("finding", failure=asdict(self.child.frames.failure("collect", error)))
            raise

    def pytest_collectreport(self) -> None:
        self.child.watch()  # the limit is for each file

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        left = [item for item in items if item.nodeid not in self.child.job["done"]]
        items[:] = sorted(left, key=lambda item: item.nodeid not in self.child.job["first"])

    def pytest_collection_finish(self, session: Any) -> None:
        self.child.send("state", ids=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.child.watch()
        self.child.send("state", running=nodeid)
        self.result = {"id": nodeid, "outcome": MISSING, "seconds": 0.0, "failure": None}
        self.compared = ("", "")

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        wanted, came = cut_repr(right), cut_repr(left)
        self.compared = (wanted if op in ("==", "is") else f"{op} {wanted}", came)

    def pytest_exception_interact(self, node: Any, call: Any, report: Any) -> None:
        phase = "test" if hasattr(report, "when") and report.when != "collect" else "collect"
        error = call.excinfo.value
        compared = self.compared if isinstance(error, AssertionError) else ("", "")
        failure = asdict(self.child.frames.failure(phase, error, *compared))
        if phase == "collect":
            self.child.send("uncollected", file=node.nodeid, failure=failure)
        else:  # an error in the teardown comes after the failure of the test
            self.result["failure"] = self.result["failure"] or failure

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.result["seconds"] = round(self.result["seconds"] + report.duration, 4)
        if report.failed:
            self.result["outcome"] = FAILED
        elif report.when == "call" and report.passed:
            self.result["outcome"] = PASSED

    def pytest_runtest_logfinish(self) -> None:
        self.child.send("result", **self.result)


def cut_repr(value: object) -> str:
    """Returns the repr of a value, cut to `SHOWN` characters."""
    try:
        text = repr(value)
    except Exception as error:  # the project's __repr__ may raise
        text = f"<{type(value).__name__} whose repr() raises {type(error).__name__}>"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
