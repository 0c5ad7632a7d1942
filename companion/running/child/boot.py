"""Loads a project as its manage.py does. Both `check` and `serve` use this, so their results agree.

Django is imported inside functions, because `serve` needs the project first on sys.path, as manage.py has it.
"""

import os
import runpy
import sys
from pathlib import Path
from types import ModuleType


def manage(project: Path) -> str:
    """Runs the project's manage.py up to its call of Django. Returns the name of the settings module, or ""."""
    import django.core.management

    reached: list[object] = []
    execute = django.core.management.execute_from_command_line
    django.core.management.execute_from_command_line = reached.append
    sys.argv[:] = ["manage.py", "check"]
    try:
        runpy.run_path(str(project / "manage.py"), run_name="__main__")
    except SystemExit:
        if not reached:
            raise
    finally:
        django.core.management.execute_from_command_line = execute  # a test of the project may call it
    return os.environ.get("DJANGO_SETTINGS_MODULE", "")


def replace_local_settings(settings: ModuleType, folder: Path) -> None:
    """Replaces the settings that depend on a machine instead of the code: the language and the databases."""
    aliases = {"default": {}} | getattr(settings, "DATABASES", {})
    databases = {}
    for alias, database in aliases.items():
        kept = database if str(database.get("ENGINE", "")).endswith("sqlite3") else {}
        databases[alias] = {"ENGINE": "django.db.backends.sqlite3", **kept, "NAME": folder / f"{alias}.sqlite3"}
    settings.DATABASES = databases  # type: ignore[attr-defined]
    settings.LANGUAGE_CODE = "en-us"  # type: ignore[attr-defined]


def setup() -> None:
    """Loads the apps and their models."""
    import django

    django.setup()


def urls() -> None:
    """Imports the project's URLs, and those that they include."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
