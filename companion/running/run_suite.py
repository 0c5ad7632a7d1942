"""Runs a suite on a project in a separate process, and reports only complete results."""

import ast
import re
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.chain.stages import Stage
from companion.project.locate import NotAProject, Project, locate
from companion.project.results import MISSING, PASSED, TIMEOUT, Failure, Place, Report, Result
from companion.running import processes, suite

LIMIT = 20.0  # seconds for each test, and for each phase before the tests
TIMEOUTS = 3  # after this many tests that hang, the rest are not run
LACKS = re.compile(r"^ModuleNotFoundError: No module named '(\w+)", re.MULTILINE)
OnResult = Callable[[Result], None]


def check(
    stage: Stage,
    named: Path | Project,
    on_result: OnResult | None = None,
    limit: float = LIMIT,
    only: Collection[str] = (),
    first: Collection[str] = (),
) -> Report:
    """Runs the tests of `stage` on the project in the folder `named`, or on a located project.

    `on_result` is called with each Result at once. `limit` is in seconds, for each test. The report has every test of
    the stage, whatever the project does; if no project is found, that is the report's finding. With `only`, just these
    tests are run and reported. The tests in `first` run before the others. Raises ModuleNotFoundError if this Python
    lacks a package that every stage needs.
    """
    started = time.monotonic()
    ids = [ident for ident in expected(stage) if not only or ident in only]
    run = Run(stage, on_result)
    try:
        project = named if isinstance(named, Project) else locate(named)
    except NotAProject as error:
        run.finding, outer = error.failure, Path(str(named))
    else:
        outer = project.outer
        for _ in range(TIMEOUTS + 1):
            run.start(project, limit, only=list(only), first=list(first))
            if run.ended or not (run.running and run.hang):
                break
            run.add(run.running, TIMEOUT, run.cut_off(outer))
        if not run.ended and run.finding is None:
            run.finding = run.cut_off(outer)
    lost = {ident: run.uncollected.get(suite.split(ident)[0]) for ident in ids}
    results = [run.results.get(ident) or _result(stage, ident, MISSING, lost[ident]) for ident in ids]
    if run.finding is None and run.status and all(result.outcome == PASSED for result in results):
        run.finding = Failure("test", "Disagreement", f"exit status {run.status}")
    seconds = round(time.monotonic() - started, 2)
    return Report(stage.name, str(outer), results, run.finding, seconds, run.output, run.facts)


def expected(stage: Stage) -> list[str]:
    """Returns the ids of all tests of a stage, in order, collected from the stage itself and never from a project.

    Raises RuntimeError with pytest's output if they cannot be collected.
    """
    ids = suite.cached_ids(stage)
    if ids is None:
        run = Run(stage)
        run.start(Project(stage.path, stage.path), processes.TOTAL, collect=True)
        if not run.ended or run.status or not run.ids:
            raise RuntimeError(f"the tests of {stage} cannot be collected\n{run.output}\n{run.finding or ''}")
        ids = run.ids
        suite.cache_ids(stage, ids)
    return ids


def job(
    stage: Stage, project: Project, folder: Path, limit: float = 0, done: Collection[str] = (), **chosen: Any
) -> dict[str, Any]:
    """Returns the job for `child/check`, as data that JSON can represent.

    The tests are copied into the empty `folder`. `limit` is in seconds for each test, 0 for none. The tests in `done`
    have run. In `chosen`, `only` are the tests to run, `first` those to begin with, and `collect` only collects them.
    """
    settings: dict[str, Any] = {"INSTALLED_APPS": [], "AUTH_USER_MODEL": ""}
    for node in ast.parse((stage.path / "config/settings.py").read_bytes()).body:
        if isinstance(node, ast.Assign) and (name := ast.unparse(node.targets[0])) in settings:
            settings[name] = ast.literal_eval(node.value)
    folders = {"stage": stage.path, "project": project.folder, "outer": project.outer, "folder": folder}
    options = {"limit": limit, "done": list(done), "only": [], "first": [], "collect": False, **chosen}
    return {**{name: str(path) for name, path in folders.items()}, **options, "needed": settings}


@dataclass
class Run:
    """What the processes of a run have sent. There is one process, and another after each test that hangs.

    The fields from `ids` to `status` are the state of the last process, as it was sent: the ids of all tests, facts
    about the project, the phase, the id of the test that runs, and at the end its exit status. `ended` is true only if
    the process had that exit status. `hang` is what faulthandler wrote when the time of a test was over.
    """

    stage: Stage
    on_result: OnResult | None = None
    results: dict[str, Result] = field(default_factory=dict)
    uncollected: dict[str, Failure] = field(default_factory=dict)
    finding: Failure | None = None
    ids: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    phase: str = ""
    running: str = ""
    status: int | None = None
    ended: bool = False
    output: str = ""
    hang: str = ""

    def start(self, project: Project, limit: float, **chosen: Any) -> None:
        """Runs the tests that have no result yet, in one process. `chosen` is explained in `job`."""
        self.phase, self.running, self.status, self.finding = "start", "", None, None
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, closing(processes.take()) as started:
            order = job(self.stage, project, Path(folder), limit, [*self.results], **chosen)
            for event in started.events(order):
                self._receive(**event)
            self.output = started.text()
            hang = Path(folder, "hang.txt")
            self.hang = hang.read_text(encoding="utf-8", errors="replace") if hang.exists() else ""
        self.ended = self.status is not None and self.status == started.process.returncode
        if self.phase == "start" and (lacks := LACKS.search(self.output)):
            raise ModuleNotFoundError(lacks[0], name=lacks[1])

    def _receive(self, event: str, failure: dict[str, Any] | None = None, **data: Any) -> None:
        """Takes one event of the process."""
        found = Failure.read(failure) if failure else None
        if event == "state":
            vars(self).update(data)
        elif event == "result":
            self.running = ""
            self.add(failure=found, **data)
        elif event == "uncollected" and found:
            self.uncollected[data["file"]] = found
        elif event == "finding" and found:
            # The first finding must be fixed first, except AppNotInstalled, with which a project can be loaded.
            waits = self.finding and self.finding.type == "AppNotInstalled" and found.phase == "setup"
            self.finding = found if waits else self.finding or found

    def add(self, id: str, outcome: str, failure: Failure | None, seconds: float = 0.0) -> None:
        """Adds the result of a test, and passes it on."""
        self.results[id] = _result(self.stage, id, outcome, failure, seconds)
        if self.on_result:
            self.on_result(self.results[id])

    def cut_off(self, outer: Path) -> Failure:
        """Returns why the process ended early; if a test hung, faulthandler has written where, innermost call first."""
        phase = "test" if self.running else self.phase
        if not self.hang:
            return Failure(phase, "CutOff", "", self.running, traceback=self.output[-5000:])
        found = re.findall(r'File "(.+)", line (\d+) in (.+)', self.hang)
        places = [
            Place(Path(file).relative_to(outer).as_posix(), int(line), "", function)
            for file, line, function in reversed(found)
            if Path(file).is_relative_to(outer) and "site-packages" not in file
        ]
        return Failure(phase, "Timeout", "", places=tuple(places), traceback=self.hang)


def _result(stage: Stage, ident: str, outcome: str, failure: Failure | None, seconds: float = 0.0) -> Result:
    what = suite.stage_test(stage, ident)
    return Result(ident, outcome, what.requirement, what.hint, seconds, failure)
