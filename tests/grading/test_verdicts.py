from dataclasses import asdict

import pytest

from companion.grading.verdicts import Grade, Outcome, Verdict, judge

TESTS = ["a", "b"]


def told(*outcomes, status=0, count=None):
    events = [{"event": "test", "id": id_, "outcome": outcome, "message": ""} for id_, outcome in outcomes]
    return [*events, {"event": "end", "status": status, "count": len(events) if count is None else count}]


@pytest.mark.parametrize(("outcomes", "status", "verdict", "passed"), [
    ([("a", "passed"), ("b", "passed")], 0, Verdict.PASSED, 2),
    ([("a", "passed"), ("b", "failed")], 1, Verdict.FAILED, 1),
    ([("a", "passed"), ("b", "passed"), ("b", "failed")], 1, Verdict.FAILED, 1),  # in the teardown
])  # fmt: skip
def test_a_whole_report_is_believed(outcomes, status, verdict, passed):
    result = judge(TESTS, told(*outcomes, status=status), status)

    assert (result.verdict, result.why, result.passed, result.expected) == (verdict, "", passed, 2)


@pytest.mark.parametrize("outcome", ["skipped", "xpassed", "", "PASSED"])
def test_only_a_pass_is_a_pass(outcome):
    result = judge(TESTS, told(("a", "passed"), ("b", outcome)), 0)

    assert (result.verdict, result.why) == (Verdict.SUSPICIOUS, "The tests and the exit status disagree.")


@pytest.mark.parametrize(("events", "status", "why"), [
    ([], 0, "It ended after 0 of 2 tests."),
    (told(("a", "passed"), ("b", "passed"))[:-1], 0, "It ended after 2 of 2 tests."),
    (told(("a", "passed"), ("b", "passed")), 1, "The end, the exit status and the tests disagree."),
    (told(("a", "passed"), ("b", "passed")), None, "The end, the exit status and the tests disagree."),
    (told(("a", "passed"), ("b", "passed"), count=3), 0, "The end, the exit status and the tests disagree."),
    (told(("a", "passed")), 0, "1 tests did not report."),
    (told(("a", "passed"), ("a", "passed"), ("b", "passed")), 0, "A reported twice."),
    (told(("a", "failed"), ("a", "passed"), ("b", "passed")), 0, "A reported twice."),
    (told(("a", "passed"), ("b", "passed"), ("c", "passed")), 0, "There is no test c."),
    ([*told(("a", "passed"), ("b", "passed")), *told()], 0, "Something came after the end."),
    (told(("a", "passed"), ("b", "passed"), status=1), 1, "The tests and the exit status disagree."),
    (told(("a", "passed"), ("b", "failed")), 0, "The tests and the exit status disagree."),
])  # fmt: skip
def test_an_inconsistent_report_gives_no_pass_and_no_points(events, status, why):
    result = judge(TESTS, events, status)

    assert (result.verdict, result.why, result.passed, result.points()) == (Verdict.SUSPICIOUS, why, 0, 0)


def test_without_tests_nothing_passes():
    assert judge([], told(), 0).verdict is Verdict.SUSPICIOUS


@pytest.mark.parametrize(("passed", "points"), [(0, 0), (1, 33.33), (2, 66.67)])
def test_points_are_the_share_that_passed(passed, points):
    outcomes = {str(n): Outcome("passed" if n < passed else "failed") for n in range(3)}

    assert Grade(Verdict.FAILED, outcomes=outcomes, expected=3).points() == points


def test_all_points_are_for_a_pass_alone():
    outcomes = {str(n): Outcome("passed") for n in range(3)}

    assert Grade(Verdict.PASSED, outcomes=outcomes, expected=3).points(10) == 10
    assert Grade(Verdict.TIMEOUT, outcomes=outcomes, expected=3).points(10) == 9.99
    assert Grade(Verdict.GRADER_FAILED, outcomes=outcomes, expected=3).points(10) == 0


def test_a_result_survives_json():
    result = Grade(Verdict.FAILED, "why", {"a": Outcome("failed", "said")}, 2, True, "08-urls", 1.5, "output")

    assert Grade.read(asdict(result)) == result
