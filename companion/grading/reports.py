"""Writes the results of a class: an HTML page, JSON, and files that Canvas and Moodle import."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from companion.grading import gradebooks
from companion.grading.journal import write_whole
from companion.grading.submissions import Submission
from companion.grading.testing import Suite
from companion.grading.verdicts import Grade, Verdict
from companion.project.results import PASSED

ASSETS = Path(__file__).parent / "templates"


class Requirement(NamedTuple):
    """A row of the page's last table: a requirement, its tests, and how many submissions did not meet it.

    `names` has each test once, which can have several `cases`. `failed` counts the submissions that failed one of the
    cases, `silent` those in which one did not run.
    """

    requirement: str
    names: list[str]
    cases: int
    failed: int
    silent: int
    place: int


def write(results: Mapping[Submission, Grade], suite: Suite, points: float, assignment: str, out: Path) -> list[Path]:
    """Writes all reports into the folder `out`, each atomically. Returns their paths."""
    contents = {
        "index.html": page(results, suite, points, assignment),
        "results.json": as_json(results, suite, points),
        "canvas.csv": gradebooks.canvas(results, assignment, points),
        "moodle.csv": gradebooks.moodle(results, suite.tests, points),
        "not-exported.csv": gradebooks.not_exported(results, points),
    }
    for name, content in contents.items():
        write_whole(out / name, content)
    return [out / name for name in contents]


def page(results: Mapping[Submission, Grade], suite: Suite, points: float, assignment: str) -> str:
    """Returns the HTML page, which needs no other file, and JavaScript only to sort and filter."""
    environment = Environment(loader=FileSystemLoader(ASSETS), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment.get_template("report.html").render(
        title=assignment,
        suite=suite,
        rows=[(who, result, gradebooks.first_failure(result, suite.tests)) for who, result in results.items()],
        tests=hardest(results, suite),
        export=gradebooks.export(results, points),
        points=points,
        verdicts=[(v, n) for v in Verdict if (n := sum(r.verdict is v for r in results.values()))],
        **{kind: Markup((ASSETS / f"report.{kind}").read_text(encoding="utf-8")) for kind in ("js", "css")},
        hash_of=_hash,
        passed_word=PASSED,
    )


def hardest(results: Mapping[Submission, Grade], suite: Suite) -> list[Requirement]:
    """Returns a row for each requirement, those that most submissions failed first."""
    ids: dict[str, list[str]] = {}
    for id_, requirement in suite.tests.items():
        ids.setdefault(requirement, []).append(id_)
    found = []
    for place, (requirement, tests) in enumerate(ids.items()):
        outcomes = [{o.outcome if (o := r.outcomes.get(id_)) else "" for id_ in tests} for r in results.values()]
        failed = sum(bool(seen - {PASSED, ""}) for seen in outcomes)
        silent = sum("" in seen and seen <= {PASSED, ""} for seen in outcomes)
        names = list(dict.fromkeys(id_.partition("[")[0] for id_ in tests))
        found.append(Requirement(requirement, names, len(tests), failed, silent, place))
    return sorted(found, key=lambda row: (-row.failed, row.place))


def as_json(results: Mapping[Submission, Grade], suite: Suite, points: float) -> str:
    """Returns everything that is known as JSON, for other programs."""
    graded = []
    row: dict[str, Any]
    for submission, result in results.items():
        who = submission.student
        row = {"submission": submission.name, "student": who.name, "system": who.system, "id": who.id, "late": who.late}
        row |= {"points": result.points(points) if result.graded else None, "passed": result.passed}
        graded.append(row | {"feedback": gradebooks.feedback(result, suite.tests)} | asdict(result))
    used = {"stage": suite.stage.name, "fingerprint": suite.fingerprint, "served": suite.served, "tests": suite.tests}
    return json.dumps({"suite": used, "points": points, "results": graded}, indent=1) + "\n"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
