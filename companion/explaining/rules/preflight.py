"""What the check finds out before any test runs, in plain words: the folder, the settings, the apps, the migrations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from companion.chain.symbols import lines_of
from companion.explaining.advice import Advice, at, subject
from companion.project.index import Known, close
from companion.project.results import Failure, Place

Words = Callable[[Failure, Known], Advice | None]


def found(failure: Failure, known: Known) -> Advice | None:
    """What the check itself found out: such a failure has a type of ours."""
    words = WORDS.get(failure.type)
    return words(failure, known) if words else None


def _simple(sentence: str, remedy: str) -> Words:
    """Words into which the failure's message, name and place are put."""

    def words(failure: Failure, known: Known) -> Advice:
        filled = {"message": failure.message, "name": failure.name, "place": failure.place}
        return Advice(sentence.format(**filled), remedy.format(**filled), failure.place)

    return words


def _app(failure: Failure, known: Known) -> Advice:
    name, place = failure.name, failure.place
    top = name.partition(".")[0]
    if not failure.message and place and not place.line:
        return Advice(f"{place} has no INSTALLED_APPS.",
                      "Is the file saved, and whole? It begins with what startproject writes.", place)  # fmt: skip
    if top == "authentication" and not known.has_package(top):
        near = known.near_module(top)
        if near is None:
            return Advice(f"Your project has no app {top} yet: there is no folder {known.prefix}{top}.",
                          f"Make it: python manage.py startapp {top}", Place(f"{known.prefix}{top}/", 0))  # fmt: skip
    glued = next((app for app in failure.message.split(", ") if name in app and not app.startswith(f"{name}.")), None)
    beside = known.line(rf"""["']{re.escape(name)}["']""", place.file) if glued and place else None
    if beside:
        return Advice(f"{beside}: a comma is missing beside '{name}', so that Python reads {glued}.",
                      "End each line of the list with a comma.", beside)  # fmt: skip
    listed = close(name, failure.message.split(", "))
    line = place and listed and known.line(rf"""["']{re.escape(listed)}["']""", place.file)
    if listed and line and listed.partition(".")[0] != top:
        sentence = f"{line}, names {listed} in INSTALLED_APPS, where {name} is asked for."
        return Advice(sentence, f"Write '{name}'.", line)
    return Advice(f"{name} is not in INSTALLED_APPS ({at(place)}).", f"Add '{name}', to the list.", place)


def _user(failure: Failure, known: Known) -> Advice:
    place, now = failure.place, failure.message
    if now in ("", "auth.User"):
        here = Place(place.file, 0) if place else None
        return Advice(f"{at(here)} does not set AUTH_USER_MODEL, so Django uses its own user.",
                      f"Add the line: AUTH_USER_MODEL = '{failure.name}'", here)  # fmt: skip
    return Advice(f"{subject(place)} sets AUTH_USER_MODEL to {now}, and your model is {failure.name}.",
                  f"Write: AUTH_USER_MODEL = '{failure.name}'", place)  # fmt: skip


def _hides(failure: Failure, known: Known) -> Advice:
    what = "folder" if str(failure.place).endswith("/") else "file"
    return Advice(f"{failure.place} hides the package {failure.name}, which the project needs.",
                  f"Rename your {what}: whoever imports {failure.name} gets it instead of the package.",
                  failure.place)  # fmt: skip


def _no_migrations(failure: Failure, known: Known) -> Advice:
    folder = f"{known.prefix}{failure.name}/migrations"
    if any(file.startswith(f"{folder}/0") for file in known.texts):
        return Advice(f"{folder}/__init__.py is missing, so Django does not see the migrations beside it.",
                      "Make it, as an empty file.", Place(f"{folder}/__init__.py", 0))  # fmt: skip
    place = known.line(r"^class \w+\(", *_models(failure.name, known)) or Place(f"{folder}/", 0)
    return Advice(f"The models of {failure.name} ({place}) have no migration yet.",
                  f"Write it: python manage.py makemigrations {failure.name}", place)  # fmt: skip


def _missing_migration(failure: Failure, known: Known) -> Advice:
    words = re.findall(r"\b\w+\b", failure.message)
    files = _models(failure.name, known)
    fields = [known.line(rf"^\s+{re.escape(word)}\s*=", *files) for word in words]
    place = next((p for p in fields if p), None) or known.line(r"\bclass \w+\(", *files)
    if place and (called := re.search(r"default=([\w.]+)\(\)", place.code)):
        return Advice(f"{place}, calls {called[1]} once, when the file is loaded, and not for each new row.",
                      f"Write default={called[1]}, without brackets.", place)  # fmt: skip
    if place and re.match(r"\w+ = .+\),$", place.code):
        return Advice(f"{place}, ends with a comma, which makes a tuple of it, and no field.",
                      "Remove the comma.", place)  # fmt: skip
    if "managers" in failure.message:
        manager = known.line(r"^\s+objects\s*=", *files)
        place = manager or place
        if manager and manager.code in (text.strip() for text in lines_of(known.text_of_stage(manager.file))):
            return Advice(f"{manager}: your model has a manager, and no migration says so yet.",
                          f"Write it: python manage.py makemigrations {failure.name}", manager)  # fmt: skip
        return Advice(f"{at(place)}: the manager of your model is not the one that its migrations name.",
                      "Write objects = UserManager() into the model; UserManager inherits from BaseUserManager.",
                      place)  # fmt: skip
    if failure.message.startswith("Remove field"):
        return Advice(f"{at(place)}: your model lacks what its migrations have ({failure.message}).",
                      "Put it back, or compare what the class inherits from with the chapter.", place)  # fmt: skip
    if failure.message.startswith("Alter") and _has_the_stages_migrations(failure.name, known):
        return Advice(f"{at(place)}: the model differs from its migrations ({failure.message}).",
                      "Compare it with the chapter.", place, vague=True)  # fmt: skip
    return Advice(f"{at(place)}: your models have changed, and no migration says so ({failure.message}).",
                  f"Write it: python manage.py makemigrations {failure.name}", place)  # fmt: skip


def _has_the_stages_migrations(app: str, known: Known) -> bool:
    """Whether the project has every migration of the stage, by its name: then the model is what has changed."""
    wanted = {known.theirs(file) for file in known.stage_texts if file.startswith(f"{app}/migrations/")}
    return bool(wanted) and wanted <= set(known.texts)


def _models(app: str, known: Known) -> list[str]:
    start = f"{known.prefix}{app}/"
    return sorted(file for file in known.texts if file.startswith(start) and "models" in file.removeprefix(start))


def _conflict(failure: Failure, known: Known) -> Advice:
    folder = f"{known.prefix}{failure.name}/migrations"
    names = failure.message.split(", ")
    copies = [name for name in names if not name.isidentifier() and not re.fullmatch(r"\d+_\w+", name)]
    place = Place(f"{folder}/{(copies or names)[-1]}.py", 0)
    if copies:
        return Advice(f"{place} is a copy of a migration: two migrations of {failure.name} both want to be the last.",
                      f"Delete {place.file}.", place)  # fmt: skip
    return Advice(f"Two migrations of {failure.name} both want to be the last: {' and '.join(names)}.",
                  f"Remove {place.file} if it is a leftover, or run: python manage.py makemigrations --merge",
                  place)  # fmt: skip


def _history(failure: Failure, known: Known) -> Advice:
    done, _, parent = failure.message.partition(" before ")
    place = known.line(r"^AUTH_USER_MODEL\b", known.settings) or known.line(r"^DATABASES\b", known.settings)
    return Advice(f"Your database was migrated before AUTH_USER_MODEL was set ({at(place)}): "
                  f"it has {done}, and not {parent}.",
                  "Nothing is in it that you need yet: delete db.sqlite3 and run python manage.py migrate again.",
                  place)  # fmt: skip


def _timeout(failure: Failure, known: Known) -> Advice:
    return Advice(
        f"{subject(failure.place)} does not come to an end.", "Look for a loop that nothing stops.", failure.place
    )


def _exit(failure: Failure, known: Known) -> Advice | None:
    if failure.phase == "test":  # a command of Django that the test runs ends so too
        return None
    return Advice(f"{subject(failure.place)} ends the program while it is being loaded.",
                  "Remove the call of exit().", failure.place)  # fmt: skip


def _cut_off(failure: Failure, known: Known) -> Advice:
    place = known.line(r"\bos\.(_exit|abort|kill)\b")
    during = f"in {failure.name.rpartition('::')[2]}" if failure.name else f"while it was loaded ({failure.phase})"
    return Advice(f"{at(place)}: the project's process ended at once, {during}.",
                  "Look for what ends the process, and read what it printed last.", place)  # fmt: skip


WORDS: dict[str, Words] = {
    "NotRun": _simple("This test did not run, though the others did.", "Run the check again; if it stays, report it."),
    "NoFolder": _simple("There is no folder {message}.", "Name the folder that holds your manage.py."),
    "Unreadable": _simple(
        "{message} may not be opened: you lack the permission.", "Take it back: sudo chown -R $USER FOLDER"
    ),
    "IsAFile": _simple("{message} is a file, and not the folder of a project.", "Name the folder it lies in."),
    "OwnStage": _simple(
        "{message} belongs to the companion, and is no project of yours.",
        "Begin one of your own: python -m companion start FOLDER",
    ),
    "NoManage": _simple(
        "There is no manage.py in {message}, nor in the folders below it.",
        "Name the folder that holds manage.py; if it is this one, make the project: django-admin startproject config .",
    ),
    "EmptyFolder": _simple("{message} is empty.", "Begin a project in it: python -m companion start FOLDER"),
    "InsideAProject": _simple(
        "{name} is only a part of your project, whose manage.py lies in {message}.", "Name that folder: {message}"
    ),
    "SeveralProjects": _simple(
        "There are several projects in this folder: {message}.", "Name the folder of the one that is meant."
    ),
    "NoSettings": _simple(
        "{place} does not say which settings to use.",
        "It needs the line os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings').",
    ),
    "ForeignSettings": _simple(
        "manage.py names the settings {name}, which lie outside of your project: {message}.", "Name your own settings."
    ),
    "Disagreement": _simple("All tests passed, and the run ended as if they had not ({message}).", "Run it again."),
    "NoEngine": _simple(
        "{place}, names the database engine {message}, which does not exist.",
        "Django brings django.db.backends.sqlite3, postgresql, mysql and oracle.",
    ),
    "EngineUnnamed": _simple(
        "{place}: DATABASES has no ENGINE for its default database.",
        "Write 'ENGINE': 'django.db.backends.sqlite3' into it.",
    ),
    "AppNotInstalled": _app,
    "UserModel": _user,
    "Hides": _hides,
    "NoMigrations": _no_migrations,
    "MissingMigration": _missing_migration,
    "ConflictingMigrations": _conflict,
    "InconsistentMigrationHistory": _history,
    "Timeout": _timeout,
    "SystemExit": _exit,
    "CutOff": _cut_off,
}


def debugger(failure: Failure, known: Known) -> Advice | None:
    """A call of the debugger that was left behind: there is nobody to answer it here."""
    place = known.line(r"\bbreakpoint\(\)|\bset_trace\(\)")
    if place is None or failure.type not in ("BdbQuit", "NotRun"):
        return None
    return Advice(f"{place}, stops in the debugger.", "Remove that call.", place)


def closed(failure: Failure, known: Known) -> Advice | None:
    """A file that belongs to somebody else, to root for instance."""
    hit = re.search(r"Permission denied: '(.+)'", failure.message)
    if failure.type != "PermissionError" or not hit or known.project is None:
        return None
    path = Path(hit[1])
    inside = path.relative_to(known.project.outer).as_posix() if path.is_relative_to(known.project.outer) else hit[1]
    return Advice(f"{inside} may not be opened: you lack the permission.",
                  f"Take it back: sudo chown -R $USER {known.project.outer}", Place(inside, 0))  # fmt: skip


RULES = [debugger, closed, found]
