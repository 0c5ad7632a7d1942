"""Records the results of running/ for the projects of these tests, so that explaining is tested without running them.

A recording is stale if the project's files, the stage or the code of running/ have changed: then the project runs and
is recorded again.
"""

import hashlib
import json
import sys
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from threading import Lock

import pytest

from companion.chain.stages import ROOT, files, stages
from companion.learner import standing, trying
from companion.project.locate import LEFT_BY_TOOLS
from companion.project.results import Failure, Report, Result
from companion.running import run_suite, suite

FOLDER = Path(__file__).with_name("recorded")
MOST = 50  # how many places of a failure are kept
HERE = "{project}"  # stands in for the folder of the project
MACHINE = {"{python}": sys.prefix, "{companion}": str(ROOT)}  # the same for folders of this machine, in this order


def digest(paths):
    """Returns 16 hexadecimal digits that change with a file's name or content; `paths` maps names to files."""
    found = hashlib.sha256()
    for name in sorted(paths):
        found.update(f"{name}\0".encode() + paths[name].read_bytes() + b"\0")
    return found.hexdigest()[:16]


def below(folder, pattern="*"):
    """Returns the files in a folder by their path in it, without what tools leave behind."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob(pattern) if path.is_file()}
    return {name: path for name, path in paths.items() if not LEFT_BY_TOOLS.intersection(name.split("/"))}


class Recording:
    """A file for each stage has the reports of its projects, by what they depend on. `ran` counts new reports."""

    def __init__(self, folder=FOLDER, running=ROOT / "companion/running"):
        self.folder = folder
        self.code = digest(below(running, "*.py"))
        self.stages = {stage.name: digest(files(stage)) for stage in stages()}
        self.kept = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
        self.lock, self.ran = Lock(), 0

    def check(self, stage, project, on_result=None, limit=run_suite.LIMIT, only=(), first=()):
        """Returns the report of `run_suite.check` from the recording, or runs the project."""
        suite_ = f"{self.stages[stage.name]} {self.code}"
        with self.lock:
            kept = self.kept.get(stage.name, {})
            if kept.get("suite") != suite_:
                kept = self.kept[stage.name] = {"suite": suite_, "projects": {}}
        inside = project.folder.relative_to(project.outer).as_posix()
        key = f"{digest(below(project.outer))} {inside} {' '.join(only)}"
        if key not in kept["projects"]:
            report = written(run_suite.check(stage, project, limit=limit, only=only), project)
            with self.lock:
                kept["projects"][key] = report
                self.ran += 1
                self.save(stage.name)
        return read(kept["projects"][key], stage, project, only)

    @contextmanager
    def replayed(self):
        """Replaces `check` by the recording until the context ends."""
        with pytest.MonkeyPatch.context() as patch:
            for module in (standing, trying):
                patch.setattr(module, "check", self.check)
            yield

    def save(self, name):
        """Writes the file of a stage, one line for each project."""
        kept = self.kept[name]
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(kept["projects"].items())]
        text = f'{{"suite": {json.dumps(kept["suite"])}, "projects": {{\n' + ",\n".join(lines) + "\n}}\n"
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{name}.json").write_text(text)


def moved(text, folders):
    """Returns the text with these folders replaced."""
    for old, new in folders.items():
        text = text.replace(old, new)
    return text


def written(report, project):
    """Returns a report as JSON data: each failure once, and the number of successive results that have it."""
    failures = []

    def number(failure):
        if failure is None:
            return None
        # The last line of a traceback is enough: the others depend on this machine. A recursion has many places.
        last = failure.traceback.strip().rpartition("\n")[2]
        said = replace(failure, traceback=last, places=failure.places[-MOST:])
        facts = {name: value for name, value in asdict(said).items() if value}
        facts = json.loads(
            moved(json.dumps(facts), {str(project.outer): HERE} | {path: n for n, path in MACHINE.items()})
        )
        if facts not in failures:
            failures.append(facts)
        return failures.index(facts)

    runs = groupby((result.outcome, number(result.failure)) for result in report.results)
    results = [[len(list(same)), *pair] for pair, same in runs]
    return {"finding": number(report.finding), "results": results, "failures": failures, "facts": report.facts}


def read(facts, stage, project, only):
    """Returns the report that `written` turned into `facts`."""
    failures = json.loads(moved(json.dumps(facts["failures"]), {HERE: str(project.outer)} | MACHINE))
    failures = [Failure.read({"message": "", **failure}) for failure in failures]
    pairs = [pair for count, *pair in facts["results"] for _ in range(count)]
    ids = [ident for ident in run_suite.expected(stage) if not only or ident in only]
    results = []
    for ident, (outcome, number) in zip(ids, pairs, strict=True):
        what = suite.stage_test(stage, ident)
        failure = None if number is None else failures[number]
        results.append(Result(ident, outcome, what.requirement, what.hint, failure=failure))
    finding = None if facts["finding"] is None else failures[facts["finding"]]
    return Report(stage.name, str(project.outer), results, finding, facts=facts["facts"])
