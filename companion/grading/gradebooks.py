"""Writes grades in the formats that Canvas and Moodle import, and the reason for each submission without a grade.

Canvas, Grades > Import: the columns Student, ID, SIS User ID, SIS Login ID, Section, a column for the assignment, and
a second row with the points possible. It finds a student by ID, and has no column for comments. Moodle, "Upload
grading worksheet" of an assignment: Identifier, Grade, Last modified (grade), and "Feedback comments". It finds a
student by "Participant NUMBER", and skips a blank grade.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from companion.grading.submissions import Submission
from companion.grading.verdicts import Grade
from companion.project.results import PASSED

CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments"]
NOT_EXPORTED = ["Submission", "Student", "Result", "Reason"]
NOT_NAMED = "Its name is not one that Canvas or Moodle gives to a download."
POINTS_POSSIBLE = "    Points Possible"  # Canvas itself writes the spaces
NEVER = "-"  # as Moodle writes it
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet would calculate such a cell (OWASP, CSV Injection)


class Export(NamedTuple):
    """Where each submission goes: a student's row in the file of Canvas or Moodle, or `left_out` with the reason.

    A row without a grade is in both: blank in the file, with its reason in `left_out`.
    """

    rows: dict[str, dict[Submission, Grade]]
    left_out: dict[Submission, str]

    def grades(self, system: str) -> int:
        """Returns how many rows of a system have a grade."""
        return sum(result.graded for result in self.rows[system].values())


def export(results: Mapping[Submission, Grade], points: float) -> Export:
    """Decides where each submission goes. If a student has several, the one with the most points is exported."""
    found = Export({"canvas": {}, "moodle": {}}, {})
    # Of equal ones, the first comes last, so it is chosen.
    best_last = sorted(reversed([*results]), key=lambda each: (results[each].graded, results[each].points(points)))
    chosen = {(each.student.system, each.student.id): each for each in best_last}
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
    """Returns canvas.csv: the grades of all submissions with a Canvas file name, one row for each student."""
    rows = [
        [submission.student.name, submission.student.id, "", "", "", _grade(result, points)]
        for submission, result in export(results, points).rows["canvas"].items()
    ]
    return _csv([*CANVAS, assignment], [POINTS_POSSIBLE, "", "", "", "", _number(points)], *rows)


def moodle(results: Mapping[Submission, Grade], requirements: Mapping[str, str], points: float) -> str:
    """Returns moodle.csv: grades and feedback of all submissions with a Moodle name, one row for each student."""
    rows = []
    for submission, result in export(results, points).rows["moodle"].items():
        who, grade = submission.student, [_grade(result, points), _number(points), NEVER]
        rows.append([f"Participant {who.id}", who.name, *grade, feedback(result, requirements)])
    return _csv(MOODLE, *rows)


def not_exported(results: Mapping[Submission, Grade], points: float) -> str:
    """Returns not-exported.csv: the submissions without a grade in either file, each with the reason."""
    left_out = export(results, points).left_out.items()
    return _csv(NOT_EXPORTED, *([s.name, s.student.name, results[s].verdict, reason] for s, reason in left_out))


def ungraded(result: Grade) -> str:
    """Returns the reason why a submission has no grade."""
    return f"No grade: {result.verdict}. {result.why}".strip()


def feedback(result: Grade, requirements: Mapping[str, str]) -> str:
    """Returns feedback for the student: the verdict, and the first thing that is missing."""
    if not result.graded:
        return ungraded(result)
    said = [f"{result.verdict}: {result.passed} of {result.expected} tests passed.", result.why]
    requirement, cause = first_failure(result, requirements)
    said += ["First failure:", requirement, cause] if requirement else []
    return " ".join(filter(None, said))


def first_failure(result: Grade, requirements: Mapping[str, str]) -> tuple[str, str]:
    """Returns what the first failed test requires, and the actual response; each is "" if there is none."""
    causes = {id_: outcome.cause for id_, outcome in result.outcomes.items() if outcome.outcome != PASSED}
    first = next((id_ for id_ in requirements if id_ in causes), "")
    if first and not result.passed and all(re.search(r"got 404|\(404\)", cause) for cause in causes.values()):
        asked = causes[first].partition(":")[0]
        causes[first] = f"Every request got 404, first {asked}: the project has none of the API's URLs."
    return requirements.get(first, ""), causes.get(first, "")


def without_formula(text: str) -> str:
    """Returns text that no spreadsheet evaluates as a formula."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    formula = text != NEVER and (text.startswith(FORMULA) or clean.lstrip().startswith(FORMULA))
    return f"'{clean}" if formula else clean


def _grade(result: Grade, points: float) -> str:
    """Returns the points, or "" if the submission has no grade, which differs from 0 points."""
    return _number(result.points(points)) if result.graded else ""


def _number(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _csv(*rows: Sequence[str]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([without_formula(cell) for cell in row] for row in rows)
    return file.getvalue()
