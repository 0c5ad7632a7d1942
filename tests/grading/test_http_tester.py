"""The trusted side: limits on what it reads, and the sentence about the request on which a test failed."""

import json
import socket
import threading
from types import SimpleNamespace
from urllib.error import URLError

import pytest

from companion.grading import http_tester
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


@pytest.fixture
def answering(tmp_path):
    """Starts a server that sends these bytes to each client; returns the path of its socket."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        held, threads = [], []

        def answering(*pieces: bytes) -> str:
            def serve():
                connection = server.accept()[0]
                held.append(connection)
                for piece in pieces:
                    connection.sendall(piece)

            threads.append(threading.Thread(target=serve, daemon=True))
            threads[-1].start()
            return path

        yield answering
        for thread in threads:
            thread.join()
        for connection in held:
            connection.close()


def test_a_long_answer_is_cut_off(answering, monkeypatch):
    monkeypatch.setattr(http_tester, "RESPONSE_BYTES", 1000)
    with http_tester.Wire(answering(bytes(2000))) as wire:
        assert wire.recv_into(bytearray(600), 600, socket.MSG_WAITALL) == 600
        with pytest.raises(OSError, match="longer than 1000 bytes"):
            wire.recv_into(bytearray(600), 600, socket.MSG_WAITALL)


def test_a_slow_answer_is_cut_off_however_it_drips(answering, monkeypatch):
    """The limit is for the whole response: a byte does not extend the time for the next."""
    clock = iter([0.0, 5.0, 9.0, 11.0])
    monkeypatch.setattr(http_tester, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with http_tester.Wire(answering(b"HTTP")) as wire:
        assert wire.recv_into(bytearray(1)) == 1
        assert wire.recv_into(bytearray(1)) == 1
        with pytest.raises(TimeoutError, match="longer than 10 seconds"):
            wire.recv_into(bytearray(1))


def test_no_test_can_lengthen_the_time(answering):
    with http_tester.Wire(answering()) as wire:
        wire.settimeout(None)
        assert wire.gettimeout() == http_tester.RESPONSE_SECONDS


def test_connections_lead_to_the_submission_or_nowhere(answering, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", socket.create_connection)
    http_tester.connect_only_to(answering(b"hello"))

    with socket.create_connection(("submission", 80)) as wire:
        assert wire.makefile("rb").read(5) == b"hello"
    for address in [("submission", 443), ("127.0.0.1", 80), ("localhost", 80)]:
        with pytest.raises(ConnectionRefusedError, match="the tests talk to the submission only"):
            socket.create_connection(address)
