"""The sentence about the request on which a test failed."""

import json
from types import SimpleNamespace
from urllib.error import URLError

import pytest

from companion.grading.http_tester import Exchange, cause

ANSWER = SimpleNamespace(status=400, headers={"Content-Type": "application/json"}, body={"email": ["Taken."]})
LATER = SimpleNamespace(status=200, headers={"Content-Type": "text/html"}, body=[])
EXCHANGES = [Exchange("POST", "/api/registration", 400, ANSWER.headers), Exchange("GET", "/api/me", 200, LATER.headers)]


def test_sentence_is_about_the_response_that_the_line_names():
    again, me = ANSWER, LATER
    with pytest.raises(AssertionError) as caught:
        assert again.status == 201

    assert cause(caught, EXCHANGES, ["==", again.status, 201]) == "POST /api/registration: expected 201, got 400."
    assert me.status == 200


def test_values_are_shown_with_the_status():
    again = ANSWER
    with pytest.raises(AssertionError) as caught:
        assert again.body == {}

    assert cause(caught, EXCHANGES, ["==", again.body, {}]) == (
        "POST /api/registration (400): expected {}, got {'email': ['Taken.']}."
    )


def test_other_comparisons_are_shown_as_they_are():
    with pytest.raises(AssertionError) as caught:
        assert "a" not in "abc"

    assert cause(caught, EXCHANGES, ["not in", "a", "abc"]) == "GET /api/me (200): expected 'a' not in 'abc'."


def test_check_without_a_comparison_is_quoted():
    with pytest.raises(AssertionError) as caught:
        assert not LATER.status

    assert cause(caught, EXCHANGES, []) == "GET /api/me (200): check failed: assert not LATER.status"


@pytest.mark.parametrize(("error", "status", "said"), [
    (json.JSONDecodeError("Expecting value", "", 0), 404, "GET /api/me: got 404 Not Found."),
    (json.JSONDecodeError("Expecting value", "", 0), 500, "GET /api/me: expected JSON, got 500 with 'text/html'."),
    (KeyError("token"), 400, "GET /api/me (400): the response has no 'token'."),
    (TypeError("list indices"), 200, "GET /api/me (200): TypeError: list indices."),
    (URLError("timed out"), 0, "GET /api/me: no response (timed out)."),
    (ConnectionResetError("reset"), 0, "GET /api/me: no response (reset)."),
])  # fmt: skip
def test_error_says_what_came_back(error, status, said):
    with pytest.raises(type(error)) as caught:
        raise error

    assert cause(caught, [Exchange("GET", "/api/me", status, {"Content-Type": "text/html"})], []) == said
