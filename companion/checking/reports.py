"""The results of a class: a page to read, JSON, and what Canvas and Moodle import."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from companion.checking import lms
from companion.checking.grade import Suite
from companion.checking.journal import write_whole
from companion.checking.submissions import Submission
from companion.checking.verdicts import PASSED, Result, Verdict

ASSETS = Path(__file__).parent / "report"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page's first table."""

    submission: Submission
    result: Result
    points: float
    says: str


@dataclass(frozen=True, slots=True)
class Test:
    """A line of the page's second table: a test, what it asks for, and how many did not pass it."""

    id: str
    requirement: str
    failed: int
    silent: int
    place: int

    @property
    def missed(self) -> int:
        return self.failed + self.silent


def write(results: Mapping[Submission, Result], suite: Suite, points: float, assignment: str, out: Path) -> list[Path]:
    """Write all reports into the folder `out`, each whole or not at all. Returns their paths."""
    contents = {
        "index.html": page(results, suite, points, assignment),
        "results.json": as_json(results, suite, points),
        "canvas.csv": lms.canvas(results, assignment, points),
        "moodle.csv": lms.moodle(results, suite.tests, points),
        "not-exported.csv": lms.not_exported(results, points),
    }
    for name, content in contents.items():
        write_whole(out / name, content)
    return [out / name for name in contents]


def page(results: Mapping[Submission, Result], suite: Suite, points: float, assignment: str) -> str:
    """The page: complete in itself and without JavaScript, which only sorts and filters."""
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script, style = ((ASSETS / name).read_text(encoding="utf-8") for name in ("report.js", "report.css"))
    rows = [
        Row(submission, result, result.points(points), _says(result, suite)) for submission, result in results.items()
    ]
    return environment.get_template("report.html").render(
        title=assignment,
        suite=suite,
        rows=rows,
        tests=hardest(results, suite),
        export=lms.export(results, points),
        points=points,
        verdicts=[(v, n) for v in Verdict if (n := sum(r.verdict is v for r in results.values()))],
        script=Markup(script),
        style=Markup(style),
        script_hash=_hash(script),
        style_hash=_hash(style),
        proof=suite.served and not suite.unsafe,
        passed_word=PASSED,
    )


def hardest(results: Mapping[Submission, Result], suite: Suite) -> list[Test]:
    """All tests, with the one that most of the class has failed first."""
    failed: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    for result in results.values():
        for id_ in suite.tests:
            outcome = result.outcomes.get(id_)
            if outcome is None:
                silent[id_] += 1
            elif outcome.outcome != PASSED:
                failed[id_] += 1
    tests = [Test(id_, says, failed[id_], silent[id_], n) for n, (id_, says) in enumerate(suite.tests.items())]
    return sorted(tests, key=lambda test: (-test.failed, test.place))


def as_json(results: Mapping[Submission, Result], suite: Suite, points: float) -> str:
    """Everything that is known, for other programs."""
    graded = []
    for submission, result in results.items():
        who = submission.student
        facts = {
            "submission": submission.name,
            "student": who.name,
            "system": who.system,
            "id": who.id,
            "late": who.late,
        }
        facts |= {"points": result.points(points) if result.graded else None, "passed": result.passed}
        facts |= {"feedback": lms.feedback(result, suite.tests), **result.as_dict()}
        graded.append(facts)
    suite_facts = {
        "stage": suite.stage.name,
        "fingerprint": suite.fingerprint,
        "served": suite.served,
        "tests": suite.tests,
    }
    return json.dumps({"suite": suite_facts, "points": points, "results": graded}, indent=1, ensure_ascii=True) + "\n"


def _says(result: Result, suite: Suite) -> str:
    """The first thing that is missing, in a sentence; "" where nothing is."""
    first = lms.first_failure(result, suite.tests)
    return result.why or (suite.tests[first] if first else "")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
