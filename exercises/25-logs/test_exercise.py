import json

from exercises.counts import count_events


def line(message, logger="authentication.security", **extra):
    return json.dumps({"level": "INFO", "logger": logger, "message": message} | extra)


def test_events_are_counted_by_message_and_address():
    """`count_events` returns how often each event came from each IP address."""
    log = [line("login failed", address="192.0.2.7")] * 3
    log += [line("login failed", address="192.0.2.8"), line("login", address="192.0.2.7")]

    assert count_events(log) == {
        ("login failed", "192.0.2.7"): 3,
        ("login failed", "192.0.2.8"): 1,
        ("login", "192.0.2.7"): 1,
    }


def test_an_event_may_have_no_address():
    """An event without an IP address counts under an empty one."""
    assert count_events([line("A refresh token came twice")]) == {
        ("A refresh token came twice", ""): 1
    }


def test_other_lines_are_ignored():
    """Lines of other loggers do not count, and lines that are not JSON stop nothing."""
    log = [
        "",
        "Traceback (most recent call last):",
        "5",
        "[]",
        line("GET /api/me", logger="config.logs"),
    ]

    assert count_events([*log, line("logout", address="")]) == {("logout", ""): 1}
