"""Settings are replaced when a project is loaded as its manage.py does."""

from pathlib import Path
from types import ModuleType

import pytest

from companion.running.child.boot import replace_local_settings

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
