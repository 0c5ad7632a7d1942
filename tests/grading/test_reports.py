import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from companion.chain.stages import find
from companion.grading import gradebooks, reports
from companion.grading.submissions import Kind, Submission, students
from companion.grading.testing import Suite
from companion.grading.verdicts import Grade, Outcome, Verdict
from companion.sandbox.bubblewrap import Limits

TESTS = {"t.py::a": "The first thing.", "t.py::b": "The second thing.", "t.py::c": "The third thing."}
EVIL = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{ 7 * 7 }}"""


@pytest.fixture
def suite():
    return Suite(find("08-urls"), TESTS, Limits())


def submission(name):
    return Submission(Path("/class", name), Kind.ZIP, students([name])[name])


def result(*failed, verdict=None, **more):
    outcomes = {id_: Outcome("failed", f"not {id_}") if id_[-1] in failed else Outcome("passed") for id_ in TESTS}
    verdict = verdict or (Verdict.FAILED if failed else Verdict.PASSED)
    return Grade(verdict, outcomes=outcomes, expected=3, proof=True, **more)


CLASS = {
    submission("ada_1_10_p.zip"): result(),
    submission("bob_LATE_2_11_p.zip"): result("b", "c", where="07-views"),
    submission("cyd_3_12_p.zip"): Grade(Verdict.TIMEOUT, "It took too long.", expected=3, proof=True),
    submission("Dan Day_4_assignsubmission_file_p.zip"): result("b"),
    submission("eve.zip"): Grade(Verdict.GRADER_FAILED, "OSError: no space", expected=3),
}


NOT_READABLE = Grade(Verdict.UNREADABLE, "The zip is broken.", expected=3)


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def test_canvas_gets_its_columns_its_second_row_and_one_row_a_student():
    assert rows(gradebooks.canvas(CLASS, "JWT login (98765)", 10)) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "JWT login (98765)"],
        ["    Points Possible", "", "", "", "", "10"],
        ["ada", "1", "", "", "", "10"],
        ["bob", "2", "", "", "", "3.33"],
        ["cyd", "3", "", "", "", ""],
    ]


def test_moodle_gets_the_columns_that_its_import_wants():
    assert rows(gradebooks.moodle(CLASS, TESTS, 10)) == [
        ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments"],
        ["Participant 4", "Dan Day", "6.67", "10", "-",
         "failed: 2 of 3 tests passed. First failure: The second thing."],
    ]  # fmt: skip


def test_moodle_gets_a_blank_grade_and_the_reason_where_no_test_ran():
    found = rows(gradebooks.moodle({submission("Dan Day_4_assignsubmission_file"): NOT_READABLE}, TESTS, 10))

    assert found[1] == ["Participant 4", "Dan Day", "", "10", "-", "No grade: not readable. The zip is broken."]


@pytest.mark.parametrize(("found", "points"), [
    ([Grade(Verdict.NOT_STARTED, "Why.", expected=3)], ""),
    ([NOT_READABLE], ""),
    ([Grade(Verdict.NO_PROJECT, expected=3)], ""),
    ([Grade(Verdict.TIMEOUT, "It took too long.", expected=3)], ""),
    ([result("b", verdict=Verdict.SUSPICIOUS)], ""),
    ([result("b", verdict=Verdict.GRADER_FAILED)], ""),
    ([Grade(Verdict.TIMEOUT, "It took too long.", {"t.py::a": Outcome("passed")}, 3)], "3"),
    ([NOT_READABLE, result()], "9"),
    ([result("a", "b"), result("a")], "6"),
], ids=str)  # fmt: skip
def test_points_of_a_student(found, points):
    """Without a test that ran, there is no grade. What passed before a time-out counts, and the best of two files."""
    files = {submission(f"ada_1_{number}_p.zip"): each for number, each in enumerate(found)}

    assert rows(gradebooks.canvas(files, "x", 9))[2:] == [["ada", "1", "", "", "", points]]


def test_each_submission_is_exported_or_named_with_the_reason():
    mixed = CLASS | {
        submission("ada_1_13_old.zip"): result("a"),
        submission("Team A_17_assignsubmission_file_p.zip"): result(),
        submission("essay.pdf"): NOT_READABLE,
    }
    found = gradebooks.export(mixed, 10)

    assert rows(gradebooks.not_exported(mixed, 10)) == [
        ["Submission", "Student", "Result", "Reason"],
        ["cyd_3_12_p.zip", "cyd", "time-out", "No grade: time-out. It took too long."],
        ["eve.zip", "eve", "grader failed", "Its name is not one that Canvas or Moodle gives to a download."],
        ["ada_1_13_old.zip", "ada", "failed", "The grade of this student comes from ada_1_10_p.zip."],
        ["Team A_17_assignsubmission_file_p.zip", "Team A", "passed",
         "This looks like a team's submission, and 17 is then the team's number, not a participant's."],
        ["essay.pdf", "essay.pdf", "not readable", "Its name is not one that Canvas or Moodle gives to a download."],
    ]  # fmt: skip
    assert len(mixed) == 8 == found.grades("canvas") + found.grades("moodle") + len(found.left_out)
    assert (found.grades("canvas"), found.grades("moodle")) == (2, 1)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|'/c calc'!A0"])
def test_no_cell_is_a_formula(name):
    who = submission(f"{name}_1_10_p.zip".replace("/", "-"))
    for text in (
        gradebooks.canvas({who: result()}, name, 1),
        gradebooks.moodle({submission(f"{who.student.name}_1_assignsubmission_file_"): result(why=name)}, TESTS, 1),
    ):
        for row in rows(text):
            for cell in row:
                assert not re.match(r"\s*[=+@]|\s*-.", cell), cell


def test_a_new_line_in_a_name_stays_in_its_cell():
    assert gradebooks.without_formula("a\nb\x1b[31m") == "a b [31m"


class Page(HTMLParser):
    """Parses the tags of a page with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def test_the_page_says_who_is_where(suite):
    page = Page(reports.page(CLASS, suite, 10, "JWT login"))
    text = " ".join(page.text.split())
    left_out = "Not exported Reason cyd_3_12_p.zip No grade: time-out. It took too long. eve.zip Its name is not one"

    assert "5 submissions = 2 in canvas.csv + 1 in moodle.csv + 2 not exported." in text
    assert left_out in text
    assert "bob late bob_LATE_2_11_p.zip failed 07-views 3.33 1 of 3 The second thing." in text
    assert "cyd cyd_3_12_p.zip time-out unknown none 0 of 3 It took too long." in text
    assert "1 passed 2 failed 1 time-out 1 grader failed" in text
    assert "the tests ran outside of it" in text


def test_the_page_says_what_most_of_the_class_fails(suite):
    assert [(line.names, line.failed, line.silent) for line in reports.hardest(CLASS, suite)] == [
        (["t.py::b"], 2, 2),
        (["t.py::c"], 1, 2),
        (["t.py::a"], 0, 2),
    ]


def test_tests_with_one_sentence_are_one_line():
    """If a parametrized test fails in 12 cases, the table has one row."""
    tests = {"t.py::a": "The first thing.", "t.py::b[1]": "Any body.", "t.py::b[2]": "Any body."}
    suite = Suite(find("08-urls"), tests, Limits())
    failed, passed = Outcome("failed"), Outcome("passed")
    mixed = {"t.py::a": passed, "t.py::b[1]": failed, "t.py::b[2]": failed}
    results = {
        submission("ada.zip"): Grade(Verdict.FAILED, "", mixed),
        submission("bob.zip"): Grade(Verdict.TIMEOUT, "", {"t.py::a": passed, "t.py::b[1]": passed}),
        submission("cyd.zip"): Grade(Verdict.PASSED, "", dict.fromkeys(tests, passed)),
    }

    assert [(line.requirement, line.names, line.failed, line.silent) for line in reports.hardest(results, suite)] == [
        ("Any body.", ["t.py::b"], 1, 1),
        ("The first thing.", ["t.py::a"], 0, 0),
    ]
    assert "Any body. 1 1 t.py::b (2 cases)" in " ".join(Page(reports.page(results, suite, 10, "x")).text.split())


def test_the_first_thing_missing_is_what_came_back(suite):
    cause = "POST /api/registration: expected 201, got 200."
    found = result("b")
    found.outcomes["t.py::b"] = Outcome("failed", "assert 200 == 201", cause)
    who = submission("Dan Day_4_assignsubmission_file")

    assert f"2 of 3 {cause} The second thing. {cause} t.py::b assert 200 == 201" in " ".join(
        Page(reports.page({who: found}, suite, 10, "x")).text.split()
    )
    assert rows(gradebooks.moodle({who: found}, TESTS, 10))[1][-1] == (
        f"failed: 2 of 3 tests passed. First failure: The second thing. {cause}"
    )


@pytest.mark.parametrize(("stage", "unsafe"), [("07-views", False), ("08-urls", True), ("07-views", True)])
def test_the_page_says_what_is_no_proof(stage, unsafe):
    suite = Suite(find(stage), TESTS, Limits(), unsafe)

    assert "not proof against cheating" in reports.page(CLASS, suite, 10, "x")


def test_what_students_wrote_cannot_act(suite):
    outcomes = {"t.py::a": Outcome("failed", EVIL), EVIL: Outcome("failed", EVIL)}
    bad = Grade(Verdict.FAILED, EVIL, outcomes, 3, True, where=EVIL, output=EVIL)
    clean = Page(reports.page({submission("x.zip"): result()}, suite, 10, "x"))
    page = Page(reports.page({submission(f"{EVIL}.zip".replace("/", "-")): bad}, suite, 10, EVIL))

    added = {tag for tag, _ in page.tags} - {tag for tag, _ in clean.tags}
    assert added <= {"details", "summary", "ul", "li", "pre", "code", "p"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert page.text.count("{{ 7 * 7 }}") >= 4


def test_the_page_loads_nothing_and_runs_only_its_own_script(suite):
    text = reports.page(CLASS, suite, 10, "x")
    page = Page(text)

    assert not re.search(r"https?://", text)
    assert not [a for _, a in page.tags if "src" in a or a.get("href", "#")[0] != "#"]
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    assert policy == f"default-src 'none'; style-src '{reports._hash(style)}'; script-src '{reports._hash(script)}'"


def test_json_has_everything(suite):
    facts = json.loads(reports.as_json(CLASS, suite, 10))

    assert facts["suite"]["stage"] == "08-urls"
    assert [(r["submission"], r["verdict"], r["points"]) for r in facts["results"]] == [
        (s.name, str(r.verdict), r.points(10) if r.graded else None) for s, r in CLASS.items()
    ]
    assert facts["results"][3]["feedback"] == "failed: 2 of 3 tests passed. First failure: The second thing."
    fields = {name: value for name, value in facts["results"][1].items() if name in Grade.__dataclass_fields__}
    assert Grade.read(fields) == CLASS[submission("bob_LATE_2_11_p.zip")]
