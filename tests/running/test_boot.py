"""A project is loaded as its manage.py does, with some of its settings replaced."""

import sys
from pathlib import Path
from types import ModuleType

import django.core.management
import pytest

from companion.chain.stages import find
from companion.running.child.boot import manage, replace_local_settings

SQLITE = "django.db.backends.sqlite3"


@pytest.mark.parametrize(
    ("databases", "expected"),
    [
        ({}, {"default": {"ENGINE": SQLITE, "NAME": Path("/scratch/default.sqlite3")}}),
        (
            {"default": {"ENGINE": SQLITE, "NAME": "db.sqlite3", "ATOMIC_REQUESTS": True}},
            {"default": {"ENGINE": SQLITE, "NAME": Path("/scratch/default.sqlite3"), "ATOMIC_REQUESTS": True}},
        ),
        (
            {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}, "old": {"ENGINE": SQLITE}},
            {
                "default": {"ENGINE": SQLITE, "NAME": Path("/scratch/default.sqlite3")},
                "old": {"ENGINE": SQLITE, "NAME": Path("/scratch/old.sqlite3")},
            },
        ),
    ],
)
def test_databases_and_language_of_a_machine_are_replaced(databases, expected):
    """A project is tested with its own SQLite files, in English, whatever its settings say."""
    settings = ModuleType("settings")
    settings.DATABASES, settings.LANGUAGE_CODE, settings.DEBUG = databases, "fr", True

    replace_local_settings(settings, Path("/scratch"))

    assert (settings.DATABASES, settings.LANGUAGE_CODE, settings.DEBUG) == (expected, "en-us", True)


def test_afterwards_a_test_can_run_a_command(monkeypatch):
    """manage.py is run up to its call of Django. Later, the same function runs commands again."""
    execute = django.core.management.execute_from_command_line
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "none")

    assert manage(find("01-dockerfile").path) == "none"
    assert django.core.management.execute_from_command_line is execute
