"""Runs a stage's tests on a project, in the process that imports the project: one process for each project.

`run` does it in the current process. `python -I check.py` reads a job as one line of JSON and writes lines of JSON;
with -I, neither the environment nor the current folder changes what is imported. Django and pytest are imported
first and the project comes last on sys.path, so no file of the project hides a package.
"""

import ast
import faulthandler
import importlib.util
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import django.conf
import django.core.management
import django.db.migrations.autodetector
import django.test  # noqa: F401
import jwt  # noqa: F401
import pytest
import pytest_django.plugin
import rest_framework  # noqa: F401

from companion.project.results import Failure, Place
from companion.running.child import boot
from companion.running.child.exceptions import Frames
from companion.running.child.pytest_plugin import Listener
from companion.running.suite import copy_tests

del sys.path[0]

LOADED = {name.partition(".")[0] for name in sys.modules}  # packages that a file of the project could hide
NO_TESTS_RUN = 90  # exit status if something kept the tests from running
Emit = Callable[[dict[str, Any]], object]


class Stop(Exception):
    """Raised if the project cannot be tested, after the failure was sent."""


class Child:
    """One run of the tests; `job` comes from `run_suite.job`."""

    def __init__(self, job: dict[str, Any], emit: Emit) -> None:
        self.job, self.emit = job, emit
        self.project, self.folder, self.phase = Path(job["project"]), Path(job["folder"]), ""
        self.frames = Frames(Path(job["outer"]), self.folder, Path(job["stage"]))
        self.hang = open(self.folder / "hang.txt", "w", encoding="utf-8")  # noqa: SIM115 - used until the end

    def send(self, event: str, **data: Any) -> None:
        self.emit({"event": event, **data})

    def watch(self) -> None:
        """Restarts the time limit; when it expires, faulthandler writes a traceback and ends the process."""
        if self.job["limit"]:
            faulthandler.dump_traceback_later(self.job["limit"], exit=True, file=self.hang)

    def run(self) -> int:
        """Loads the project, runs the tests, and returns the exit status."""
        try:
            for phase in (self.manage, self.settings, boot.setup, boot.urls, self.migrations, self.history):
                self.watch()
                self.phase = phase.__name__
                self.send("state", phase=self.phase)
                phase()
        except Stop:
            return NO_TESTS_RUN
        except BaseException as error:  # also the SystemExit of a `sys.exit()` in the settings
            self.send("finding", failure=asdict(self.frames.failure(self.phase, error)))
            return NO_TESTS_RUN
        self.send("state", phase="collect")
        return self.test()

    def report(self, type_: str, message: str = "", name: str = "", place: Place | None = None) -> None:
        """Sends a failure and goes on, because the tests can still run."""
        self.send("finding", failure=asdict(Failure(self.phase, type_, message, name, (place,) if place else ())))

    def stop(self, *failure: Any) -> None:
        """Sends a failure and ends the run."""
        self.report(*failure)
        raise Stop

    def manage(self) -> None:
        """Runs the project's manage.py up to its call of Django, which sets the name of the settings module."""
        packages = LOADED | imported_packages(Path(self.job["stage"]))
        for path in sorted(self.project.iterdir()):
            module = path.suffix == ".py" and path.is_file() or (path / "__init__.py").is_file()
            if module and path.stem in packages and path.name != "manage.py":  # it hides a package from manage.py
                mark = "/" if path.is_dir() else ""
                self.stop("Hides", "", path.stem, Place(self.frames.inside(str(path)) + mark, 0))
        sys.path.append(str(self.project))
        if not boot.manage(self.project):
            self.stop("NoSettings", "", "", Place(self.frames.inside(str(self.project / "manage.py")), 0))

    def settings(self) -> None:
        """Imports the project's settings, and checks that they have what the stage needs."""
        name = os.environ["DJANGO_SETTINGS_MODULE"]
        module = importlib.import_module(name)
        found = {"INSTALLED_APPS": [], "AUTH_USER_MODEL": "", "DATABASES": {}, **vars(module)}
        file = module.__file__ or ""
        if not self.frames.in_project(file):
            self.stop("ForeignSettings", file, name)
        if isinstance(wsgi := found.get("WSGI_APPLICATION"), str):
            self.package = wsgi.rpartition(".")[0].rpartition(".")[0]
        else:
            self.package = name.partition(".")[0] if "." in name else ""
        self.send("state", facts={"settings": name, "package": self.package, "file": self.frames.inside(file)})
        apps, user = [str(app) for app in found["INSTALLED_APPS"]], self.job["needed"]["AUTH_USER_MODEL"]
        for wanted in self.job["needed"]["INSTALLED_APPS"]:
            if not any(app == wanted or app.startswith(f"{wanted}.") for app in apps):
                send = self.stop if wanted == user.partition(".")[0] else self.report
                send("AppNotInstalled", ", ".join(apps), wanted, self.frames.assigned("INSTALLED_APPS", module))
        if user and found["AUTH_USER_MODEL"] != user:
            place = self.frames.assigned("AUTH_USER_MODEL", module)
            self.stop("UserModel", str(found["AUTH_USER_MODEL"]), user, place)
        default = found["DATABASES"].get("default", {})
        engine = str(default.get("ENGINE", ""))
        unknown = engine.startswith("django.db.backends.") and importlib.util.find_spec(engine) is None
        if default and (unknown or not engine):
            self.stop("NoEngine", engine, "", self.frames.assigned("DATABASES", module))
        self.database = str(default.get("NAME", "")) if engine.endswith("sqlite3") else ""
        boot.replace_local_settings(module, self.folder)

    def migrations(self) -> None:
        """Checks that the migrations don't conflict and match the models."""
        from django.apps import apps
        from django.db.migrations.autodetector import MigrationAutodetector
        from django.db.migrations.loader import MigrationLoader
        from django.db.migrations.state import ProjectState

        theirs = {app.label: app for app in apps.get_app_configs() if self.frames.in_project(f"{app.path}{os.sep}")}
        self.loader = loader = MigrationLoader(None, ignore_no_migrations=True)
        for label, names in loader.detect_conflicts().items():
            if label in theirs:
                self.stop("ConflictingMigrations", ", ".join(sorted(names)), label)
        changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(loader.graph)
        for label, app in theirs.items():
            if label in loader.unmigrated_apps and any(app.get_models()):
                self.stop("NoMigrations", "", label)
            if label in changes:
                operations = [each.describe() for migration in changes[label] for each in migration.operations]
                self.report("MissingMigration", "; ".join(operations), label)

    def history(self) -> None:
        """Checks the order of the migrations applied to the project's database file, which is only read."""
        address = f"{Path(self.database).resolve().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True)) as connection:
                done = set(connection.execute("SELECT app, name FROM django_migrations"))
        except sqlite3.Error:
            return  # no file, or not a database that Django has migrated
        for key, node in sorted(self.loader.graph.node_map.items()):
            for parent in sorted(parent.key for parent in node.parents):
                if key in done and parent not in done:
                    wrong = ".".join(key)
                    self.report("InconsistentMigrationHistory", f"{wrong} before {'.'.join(parent)}", wrong)

    def test(self) -> int:
        """Runs the stage's tests, and sends each result when the test ends."""
        stage, outer = Path(self.job["stage"]), Path(self.job["outer"])
        settings = os.environ["DJANGO_SETTINGS_MODULE"]
        copy_tests(stage, self.folder, self.package, settings, self.project, outer)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        options = ["-q", "--rootdir", str(self.folder), "-c", str(self.folder / "pytest.ini")]
        options += ["--confcutdir", str(self.folder), "--import-mode=importlib", "--tb=native", "-o", "addopts="]
        options += ["--continue-on-collection-errors", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
        options += ["-o", "django_find_project=false", f"--ds={settings}"]
        options += ["--collect-only"] if self.job["collect"] else []
        tests = [str(self.folder / ident) for ident in self.job["only"] or ("tests",)]
        return int(pytest.main([*options, *tests], plugins=[pytest_django.plugin, Listener(self)]))


def imported_packages(stage: Path) -> set[str]:
    """Returns the packages that the stage imports, without its own."""
    trees = [ast.parse(path.read_bytes()) for path in stage.rglob("*.py") if "tests" not in path.parts]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {top for name in names if (top := name.partition(".")[0]) and not (stage / top).is_dir()}


def run(job: dict[str, Any], emit: Emit) -> int:
    """Runs the tests of a job in this process, passes each event to `emit`, and returns the exit status.

    The last event has the status: without it, the run was cut off. Django can be set up only once, so call this once
    per process. A job without a limit can hang.
    """
    sys.dont_write_bytecode = True
    os.chdir(job["project"])
    child = Child(job, emit)
    status = child.run()
    faulthandler.cancel_dump_traceback_later()
    child.hang.close()
    child.send("state", status=status)
    return status


def main() -> int:
    """Reads the job from stdin, and writes events to the original stdout."""
    line = sys.stdin.buffer.readline()
    if not line:
        return 0  # the process was started in advance and is not needed
    channel = os.dup(1)
    os.dup2(2, 1)  # what the project prints must not mix with the events
    return run(json.loads(line), lambda found: os.write(channel, json.dumps(found).encode() + b"\n"))


if __name__ == "__main__":
    sys.exit(main())
