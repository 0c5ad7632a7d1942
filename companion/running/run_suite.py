"""Runs a suite on a project in a separate process, and reports only complete results."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.chain.stages import ROOT, Stage
from companion.project.locate import NotAProject, Project, locate
from companion.project.results import MISSING, PASSED, TIMEOUT, Failure, Place, Report, Result
from companion.running import processes, suite

LIMIT = 20.0  # seconds for each test, and for each phase before the tests
TOTAL = 300.0  # seconds for each process
TIMEOUTS = 3  # after this many tests that hang, the rest are not run
LACKS = re.compile(r"^ModuleNotFoundError: No module named '(\w+)", re.MULTILINE)
OnResult = Callable[[Result], None]


@dataclass
class Run:
    """What one process has sent: `ended` is true only if the "end" event and the exit status agree."""

    results: dict[str, Result] = field(default_factory=dict)
    uncollected: dict[str, Failure] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    finding: Failure | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    phase: str = "start"
    running: str = ""
    ended: bool = False
    status: int | None = None
    output: str = ""
    hang: str = ""


def check(
    stage: Stage,
    named: Path | Project,
    on_result: OnResult | None = None,
    limit: float = LIMIT,
    root: Path = ROOT,
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
    try:
        project = named if isinstance(named, Project) else locate(named, root)
    except NotAProject as error:
        return _report(stage, Path(str(named)), ids, Run(finding=error.failure), started)
    chosen = {"only": list(only), "first": list(first)}
    run = _run_child(stage, project, on_result, limit, **chosen)
    hung = 0
    while not run.ended and run.running and run.hang and hung < TIMEOUTS:
        hung += 1
        run.results[run.running] = result = _result(stage, run.running, TIMEOUT, _cut_off(run, project))
        if on_result:
            on_result(result)
        again = _run_child(stage, project, on_result, limit, done=tuple(run.results), **chosen)
        again.results = run.results | again.results
        run = again
    if not run.ended and run.finding is None:
        run.finding = _cut_off(run, project)
    return _report(stage, project.outer, ids, run, started)


def expected(stage: Stage) -> list[str]:
    """Returns the ids of all tests of a stage, in order, collected from the stage itself and never from a project.

    Raises RuntimeError with pytest's output if they cannot be collected.
    """
    ids = suite.cached_ids(stage)
    if ids is None:
        run = _run_child(stage, Project(stage.path, stage.path), None, TOTAL, collect=True)
        if not run.ended or run.status or not run.ids:
            raise RuntimeError(f"the tests of {stage} cannot be collected\n{run.output}\n{run.finding or ''}")
        ids = run.ids
        suite.cache_ids(stage, ids)
    return ids


def _run_child(stage: Stage, project: Project, on_result: OnResult | None, limit: float, **chosen: Any) -> Run:
    run = Run()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        job = suite.child_job(stage, project, Path(folder), limit, **chosen)
        started = processes.take()
        process = started.process
        too_long = threading.Timer(TOTAL, process.kill)
        too_long.start()
        try:
            for line in _lines(process, job):
                _receive(stage, run, line, on_result)
            process.wait()
            started.output.seek(0)
            run.output = started.output.read().decode(errors="replace")
        finally:
            too_long.cancel()
            started.end()
        run.ended = run.status is not None and run.status == process.returncode
        if run.phase == "start" and (lacks := LACKS.search(run.output)):
            raise ModuleNotFoundError(lacks[0], name=lacks[1])
        hang = Path(folder, "hang.txt")
        run.hang = hang.read_text(encoding="utf-8", errors="replace") if hang.exists() else ""
    return run


def _lines(process: subprocess.Popen[bytes], job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Sends the job to the process, and yields its events."""
    assert process.stdin and process.stdout
    with process.stdin, process.stdout:
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.close()
        except OSError:
            return  # the process has ended already: its exit status says why
        for line in process.stdout:
            yield json.loads(line)


def _receive(stage: Stage, run: Run, line: dict[str, Any], on_result: OnResult | None) -> None:
    event = line["event"]
    failure = Failure.read(line["failure"]) if line.get("failure") else None
    if event == "phase":
        run.phase = line["phase"]
    elif event == "facts":
        run.facts = {name: value for name, value in line.items() if name != "event"}
    elif event == "finding":
        # The first finding must be fixed first, except AppNotInstalled, which does not keep a project from loading.
        waits = run.finding and run.finding.type == "AppNotInstalled" and failure and failure.phase == "setup"
        run.finding = failure if waits else run.finding or failure
    elif event == "uncollected" and failure:
        run.uncollected[line["file"]] = failure
    elif event == "collected":
        run.ids = line["ids"]
    elif event == "start":
        run.running = line["id"]
    elif event == "result":
        run.running = ""
        run.results[line["id"]] = result = _result(stage, line["id"], line["outcome"], failure, line["seconds"])
        if on_result:
            on_result(result)
    elif event == "end":
        run.status = line["status"]


def _result(stage: Stage, ident: str, outcome: str, failure: Failure | None, seconds: float = 0.0) -> Result:
    what = suite.stage_test(stage, ident)
    return Result(ident, outcome, what.requirement, what.hint, seconds, failure)


def _report(stage: Stage, named: Path, ids: list[str], run: Run, started: float) -> Report:
    results = []
    for ident in ids:
        lost = run.uncollected.get(ident.partition("::")[0])
        results.append(run.results.get(ident) or _result(stage, ident, MISSING, lost))
    finding = run.finding
    if finding is None and run.status and all(result.outcome == PASSED for result in results):
        finding = Failure("test", "Disagreement", f"exit status {run.status}")
    seconds = round(time.monotonic() - started, 2)
    return Report(stage.name, str(named), results, finding, seconds, run.output, run.facts)


def _cut_off(run: Run, project: Project) -> Failure:
    """Returns why a process ended early; if a test hung, faulthandler has written where, innermost call first."""
    phase = "test" if run.running else run.phase
    if not run.hang:
        return Failure(phase, "CutOff", "", run.running, traceback=run.output[-5000:])
    found = re.findall(r'File "(.+)", line (\d+) in (.+)', run.hang)
    places = [
        Place(Path(file).relative_to(project.outer).as_posix(), int(line), "", function)
        for file, line, function in reversed(found)
        if Path(file).is_relative_to(project.outer) and "site-packages" not in file
    ]
    return Failure(phase, "Timeout", "", places=tuple(places), traceback=run.hang)
