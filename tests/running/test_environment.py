"""The environment variables of projects."""

import os

from companion.running.environment import environment


def test_a_project_gets_system_variables_and_no_settings(monkeypatch):
    """Variables that a terminal has exported for another project, or for a server, don't change a test."""
    exported = {"PATH": "/bin", "HOME": "/ada", "LC_ALL": "C.UTF-8", "TMPDIR": "/scratch"}
    settings = {
        "CACHE_URL": "redis://127.0.0.1:1",
        "JWT_SIGNING_KEY": "short",
        "LOGIN_RATE": "1/day",
        "NUM_PROXIES": "1",
    }
    others = {"PYTEST_ADDOPTS": "-x", "PYTHONPATH": "/other", "DJANGO_SETTINGS_MODULE": "other", "A_FUTURE_ONE": "1"}
    monkeypatch.setattr(os, "environ", exported | settings | others)

    assert environment() == exported | {"PYTHONDONTWRITEBYTECODE": "1"}
