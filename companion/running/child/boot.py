"""Loads a project as its manage.py does. `check` and `serve` both use it, so that they agree about a project.

Django is imported inside the functions, because `serve` has the project first on its path, as manage.py has.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from types import ModuleType


def manage(project: Path) -> str:
    """Run the project's manage.py up to where it calls Django. Returns the name of its settings module, or ""."""
    import django.core.management

    reached: list[object] = []
    django.core.management.execute_from_command_line = reached.append
    sys.argv[:] = ["manage.py", "check"]
    try:
        runpy.run_path(str(project / "manage.py"), run_name="__main__")
    except SystemExit:
        if not reached:
            raise
    return os.environ.get("DJANGO_SETTINGS_MODULE", "")


def neutral(settings: ModuleType, folder: Path) -> None:
    """Replace the settings that are about a machine and not about the code: the language, and where databases are."""
    aliases = {"default": {}} | getattr(settings, "DATABASES", {})
    databases = {}
    for alias, database in aliases.items():
        kept = database if str(database.get("ENGINE", "")).endswith("sqlite3") else {}
        databases[alias] = {"ENGINE": "django.db.backends.sqlite3", **kept, "NAME": folder / f"{alias}.sqlite3"}
    settings.DATABASES = databases  # type: ignore[attr-defined]
    settings.LANGUAGE_CODE = "en-us"  # type: ignore[attr-defined]


def setup() -> None:
    """Load the apps and their models."""
    import django

    django.setup()


def urls() -> None:
    """Import the project's URLs, and those that they include."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
