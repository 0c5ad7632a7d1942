"""What the check finds out before any test runs, in plain words: the folder, the settings, the apps."""

from __future__ import annotations

import re
from collections.abc import Callable

from companion.explaining.advice import Advice, at, subject
from companion.explaining.rules import migrations
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
                  f"Rename your {what}: an import of {failure.name} gets it instead of the package.",
                  failure.place)  # fmt: skip


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
    "NoMigrations": migrations.none,
    "MissingMigration": migrations.missing,
    "ConflictingMigrations": migrations.conflict,
    "InconsistentMigrationHistory": migrations.history,
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
    if failure.type != "PermissionError" or not hit:
        return None
    path = hit[1].replace("\\", "/")
    inside = next((file for file in known.files if path.endswith(f"/{file}")), path)
    return Advice(f"You are not allowed to read {inside}.", f"Make it yours: sudo chown $USER {path}", Place(inside, 0))


def utf16(failure: Failure, known: Known) -> Advice | None:
    """A text file that PowerShell's > wrote: it looks right in every editor."""
    name = next((name for name, text in known.files.items() if "\0" in text and not name.endswith(".py")), None)
    if name is None or failure.type != "UnicodeDecodeError":
        return None
    return Advice(f"{name} is saved as UTF-16, which other programs cannot read.",
                  "Save it as UTF-8. PowerShell's > writes UTF-16.", Place(name, 0))  # fmt: skip


RULES = [debugger, closed, utf16, migrations.lost, found]
