"""Grades as Canvas and Moodle import them.

Canvas: Grades > Import wants the columns Student, ID, SIS User ID, SIS Login ID, Section, one column an assignment, and
a second row with the points possible; it finds a student by ID. Moodle: "Upload grading worksheet" of an assignment
wants Identifier, Grade and Last modified (grade), and takes "Feedback comments"; it finds a student by
"Participant NUMBER".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from companion.checking.submissions import Submission
from companion.checking.verdicts import Result

CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments"]
POINTS_POSSIBLE = "    Points Possible"  # with the spaces that Canvas itself writes
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what makes a spreadsheet calculate (OWASP, CSV Injection)


def canvas(results: Mapping[Submission, Result], assignment: str, points: float) -> str:
    """The grades of all submissions that Canvas has named, one row a student."""
    rows = [[*CANVAS, assignment], [POINTS_POSSIBLE, "", "", "", "", _number(points)]]
    for submission, result in best(results, "canvas", points).items():
        who = submission.student
        rows.append([who.name, who.id, "", "", "", _number(result.points(points))])
    return _csv(rows)


def moodle(results: Mapping[Submission, Result], requirements: Mapping[str, str], points: float) -> str:
    """The grades and the feedback of all submissions that Moodle has named, one row a student."""
    rows = [MOODLE]
    for submission, result in best(results, "moodle", points).items():
        who = submission.student
        grade = [_number(result.points(points)), _number(points), "-"]
        rows.append([f"Participant {who.id}", who.name, *grade, feedback(result, requirements)])
    return _csv(rows)


def best(results: Mapping[Submission, Result], system: str, points: float) -> dict[Submission, Result]:
    """For each student whom the system has named, the submission with the most points: some hand in two files."""
    chosen: dict[str, Submission] = {}
    for submission, result in results.items():
        who = submission.student
        if who.system == system:
            before = chosen.get(who.id)
            if before is None or result.points(points) > results[before].points(points):
                chosen[who.id] = submission
    return {submission: results[submission] for submission in chosen.values()}


def feedback(result: Result, requirements: Mapping[str, str]) -> str:
    """A sentence or two for the student: the verdict, and the first thing that is missing."""
    said = f"{result.verdict}: {result.passed} of {result.expected} tests passed."
    if result.why:
        said += f" {result.why}"
    first = first_failure(result, requirements)
    return f"{said} First failure: {requirements[first]}" if first else said


def first_failure(result: Result, requirements: Mapping[str, str]) -> str:
    """The id of the first test, in the suite's order, that reported a failure; "" when none did."""
    failed = (id_ for id_ in requirements if id_ in result.outcomes and result.outcomes[id_].outcome != "passed")
    return next(failed, "")


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return f"'{clean}" if text.startswith(FORMULA) or clean.lstrip().startswith(FORMULA) else clean


def _number(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _csv(rows: Iterable[Sequence[str]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    for row in rows:
        head = [row[0]] if row[0] == POINTS_POSSIBLE else []
        writer.writerow([*head, *(_guard(cell) for cell in row[len(head) :])])
    return file.getvalue()


def _guard(cell: str) -> str:
    return cell if cell == "-" else guarded(cell)  # Moodle's own sign for "never"
