"""Grades as Canvas and Moodle import them, and the reason for each submission that has no grade there.

Canvas: Grades > Import wants the columns Student, ID, SIS User ID, SIS Login ID, Section, one column an assignment, and
a second row with the points possible; it finds a student by ID, and has no column for comments. Moodle: "Upload grading
worksheet" of an assignment wants Identifier, Grade and Last modified (grade), and takes "Feedback comments"; it finds a
student by "Participant NUMBER", and skips a grade that is blank.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from companion.grading.submissions import Submission
from companion.grading.verdicts import Grade

CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments"]
NOT_EXPORTED = ["Submission", "Student", "Result", "Reason"]
NOT_NAMED = "Its name is not one that Canvas or Moodle gives to a download."
POINTS_POSSIBLE = "    Points Possible"  # with the spaces that Canvas itself writes
NEVER = "-"  # in Moodle's own words
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what makes a spreadsheet calculate (OWASP, CSV Injection)


@dataclass(frozen=True, slots=True)
class Export:
    """Where each submission goes: the row of a student in a system's file, or `left_out`, with the reason.

    A row without a grade is in both: blank in the file, and its reason in `left_out`.
    """

    rows: dict[str, dict[Submission, Grade]] = field(default_factory=lambda: {"canvas": {}, "moodle": {}})
    left_out: dict[Submission, str] = field(default_factory=dict)

    def grades(self, system: str) -> int:
        """Counts the rows of a system that have a grade."""
        return sum(result.graded for result in self.rows[system].values())


def export(results: Mapping[Submission, Grade], points: float) -> Export:
    """Find out where each submission goes. Of several files of a student, the one with the most points counts."""
    found = Export()
    chosen: dict[tuple[str, str], Submission] = {}
    ranks = {submission: (result.graded, result.points(points)) for submission, result in results.items()}
    for submission in sorted(results, key=ranks.__getitem__, reverse=True):  # of equal ones, the first stays first
        chosen.setdefault((submission.student.system, submission.student.id), submission)
    for submission, result in results.items():
        who = submission.student
        counts = chosen[who.system, who.id]
        if not who.id:
            found.left_out[submission] = who.doubt or NOT_NAMED
        elif counts != submission:
            found.left_out[submission] = f"The grade of this student comes from {counts.name}."
        else:
            found.rows[who.system][submission] = result
            if not result.graded:
                found.left_out[submission] = ungraded(result)
    return found


def canvas(results: Mapping[Submission, Grade], assignment: str, points: float) -> str:
    """The grades of all submissions that Canvas has named, one row a student."""
    rows = [[*CANVAS, assignment], [POINTS_POSSIBLE, "", "", "", "", _number(points)]]
    for submission, result in export(results, points).rows["canvas"].items():
        who = submission.student
        rows.append([who.name, who.id, "", "", "", _grade(result, points)])
    return _csv(rows)


def moodle(results: Mapping[Submission, Grade], requirements: Mapping[str, str], points: float) -> str:
    """The grades and the feedback of all submissions that Moodle has named, one row a student."""
    rows = [MOODLE]
    for submission, result in export(results, points).rows["moodle"].items():
        who = submission.student
        grade = [_grade(result, points), _number(points), NEVER]
        rows.append([f"Participant {who.id}", who.name, *grade, feedback(result, requirements)])
    return _csv(rows)


def not_exported(results: Mapping[Submission, Grade], points: float) -> str:
    """All submissions whose grade is in neither file, each with the reason."""
    left_out = export(results, points).left_out.items()
    return _csv([NOT_EXPORTED, *([s.name, s.student.name, results[s].verdict, reason] for s, reason in left_out)])


def ungraded(result: Grade) -> str:
    """The reason why a submission has no grade."""
    return f"No grade: {result.verdict}. {result.why}".strip()


def feedback(result: Grade, requirements: Mapping[str, str]) -> str:
    """A sentence or two for the student: the verdict, and the first thing that is missing."""
    if not result.graded:
        return ungraded(result)
    said = f"{result.verdict}: {result.passed} of {result.expected} tests passed."
    if result.why:
        said += f" {result.why}"
    first = first_failure(result, requirements)
    if not first:
        return said
    cause = missing(result, requirements)
    return f"{said} First failure: {requirements[first]} {'' if cause == requirements[first] else cause}".strip()


def first_failure(result: Grade, requirements: Mapping[str, str]) -> str:
    """The id of the first test, in the suite's order, that reported a failure; "" when none did."""
    failed = (id_ for id_ in requirements if id_ in result.outcomes and result.outcomes[id_].outcome != "passed")
    return next(failed, "")


def missing(result: Grade, requirements: Mapping[str, str]) -> str:
    """The first thing that is missing: what came back instead, or else what the test asks for; "" where nothing is."""
    failed = [outcome for outcome in result.outcomes.values() if outcome.outcome != "passed"]
    first = first_failure(result, requirements)
    if failed and not result.passed and all(re.search(r"got 404|\(404\)", outcome.cause) for outcome in failed):
        asked = failed[0].cause.partition(":")[0]
        return f"Every request got 404, first {asked}: the project has none of the API's URLs."
    return (result.outcomes[first].cause or requirements[first]) if first else ""


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    formula = text != NEVER and (text.startswith(FORMULA) or clean.lstrip().startswith(FORMULA))
    return f"'{clean}" if formula else clean


def _grade(result: Grade, points: float) -> str:
    """The points; "" where there is nothing to grade, which is not the same as 0 points."""
    return _number(result.points(points)) if result.graded else ""


def _number(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _csv(rows: Iterable[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([guarded(cell) for cell in row] for row in rows)
    return file.getvalue()
