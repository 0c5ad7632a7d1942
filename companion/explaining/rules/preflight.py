"""Explains what the check finds before any test runs: problems with the folder, the settings or the apps."""

import re

from companion.explaining.advice import Advice, Rule, at
from companion.explaining.rules import migrations
from companion.project.index import Known
from companion.project.results import Failure, Place

# For each type of failure that the check itself reports: what is wrong, and on the next lines, what to do.
WORDS = {
    "NotRun": "This test did not run, though the others did.\nRun the check again. If it stays, report it.",
    "NoFolder": "There is no folder {message}.\nName the folder that holds your manage.py.",
    "Unreadable": "{message} may not be opened: you lack the permission.\nTake it back: sudo chown -R $USER FOLDER",
    "IsAFile": "{message} is a file, and not the folder of a project.\nName the folder it lies in.",
    "Packed": "{message} is a zip, and not the folder of a project.\nUnpack it, and name the new folder.",
    "OwnStage": "{message} belongs to the companion, and is no project of yours.\n"
    "Begin one of your own: python -m companion start FOLDER",
    "NoManage": "There is no manage.py in {message}, nor in the folders below it.\n"
    "Name the folder that holds manage.py; if it is this one, make the project: django-admin startproject config .",
    "EmptyFolder": "{message} is empty.\nBegin a project in it: python -m companion start FOLDER",
    "InsideAProject": "{name} is only a part of your project, whose manage.py lies in {message}.\n"
    "Name that folder: {message}",
    "SeveralProjects": "There are several projects in this folder: {message}.\nName the folder of one of them.",
    "NoSettings": "{place} does not say which settings to use.\n"
    "It needs the line os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings').",
    "ForeignSettings": "manage.py names the settings {name}, which lie outside of your project: {message}.\n"
    "Name your own settings.",
    "NoEngine": "{place}: the default database needs an ENGINE that exists, and has '{message}'.\n"
    "Write 'ENGINE': 'django.db.backends.sqlite3' into it.",
    "AppNotInstalled": "{name} is not in INSTALLED_APPS ({place}).\nAdd '{name}', to the list.",
    "UserModel": "{place}: AUTH_USER_MODEL is not '{name}'.\nWrite: AUTH_USER_MODEL = '{name}'",
    "Hides": "{place} hides the package {name}, which the project needs.\n"
    "Rename it: an import of {name} gets yours instead of the package.",
    "Timeout": "{subject} does not come to an end.\nLook for a loop that nothing stops.",
    "SystemExit": "{subject} ends the program while it is being loaded.\nRemove the call of exit().",
    "Disagreement": "All tests passed, and the run ended as if they had not ({message}).\nRun it again.",
}


def found(failure: Failure, known: Known) -> Advice | None:
    """Explains a failure whose type the check itself defines, such as "NoManage"."""
    words = "" if failure.phase == "test" and failure.type == "SystemExit" else WORDS.get(failure.type, "")
    if rule := RULES_OF.get(failure.type):
        return rule(failure, known)
    place = failure.place
    filled = {"message": failure.message, "name": failure.name, "place": place or "Your project"}
    filled["subject"] = f"{place}," if place else "Your project"
    sentence, _, remedy = words.partition("\n")
    return Advice(sentence.format(**filled), remedy.format(**filled), place) if words else None


def no_app(failure: Failure, known: Known) -> Advice | None:
    """Explains that the app of the tutorial has no folder yet, or that its folder is not next to manage.py."""
    app, folder = failure.name, f"{known.prefix}{failure.name}/"
    if failure.type != "AppNotInstalled" or app != "authentication" or known.has_package(app):
        return None
    models = next((file for file in known.texts if file.endswith(f"/{app}/models.py")), "")
    if models and f".{app}" in failure.message:
        said = f"{models.removesuffix('models.py')} has to be next to manage.py: the tests import the app as {app}."
        remedy = f"Move the folder there, and write '{app}' in INSTALLED_APPS."
        return Advice(said, remedy, Place(models.removesuffix("models.py"), 0), certain=True)
    said = f"Your project has no app {app} yet: there is no folder {folder.removesuffix('/')}."
    return Advice(said, f"Make it: python manage.py startapp {app}", Place(folder, 0))


def cut_off(failure: Failure, known: Known) -> Advice:
    """Explains that the process of the project ended without a message."""
    during = f"in {failure.name.rpartition('::')[2]}" if failure.name else f"while it was loaded ({failure.phase})"
    said = f": the project's process ended at once, {during}."
    remedy = "Look for what ends the process, and read what it printed last."
    return at(known.line(r"\bos\.(_exit|abort|kill)\b"), said, remedy)


def debugger(failure: Failure, known: Known) -> Advice | None:
    """Finds a call of the debugger that was left in the code: during a check, nobody can type commands into it."""
    place = known.line(r"\bbreakpoint\(\)|\bset_trace\(\)")
    stopped = place and failure.type in ("BdbQuit", "NotRun")
    return at(place, ", stops in the debugger.", "Remove that call.") if stopped else None


def closed(failure: Failure, known: Known) -> Advice | None:
    """Finds a file that belongs to another user, such as root."""
    hit = re.search(r"Permission denied: '(.+)'", failure.message)
    if failure.type != "PermissionError" or not hit:
        return None
    path = hit[1].replace("\\", "/")
    inside = next((file for file in known.files if path.endswith(f"/{file}")), path)
    return Advice(f"You are not allowed to read {inside}.", f"Make it yours: sudo chown $USER {path}", Place(inside, 0))


def encoding(failure: Failure, known: Known) -> Advice | None:
    """Finds a text file that is not UTF-8: editors show it correctly, but Python can't read it."""
    texts = {name: text for name, text in known.files.items() if not name.endswith(".py")}
    name = next((name for name, text in texts.items() if "\0" in text or "\ufffd" in text), None)
    if name is None or failure.type != "UnicodeDecodeError":
        return None
    if "\0" in texts[name]:
        said = " is saved as UTF-16, which other programs cannot read."
        return at(Place(name, 0), said, "Save it as UTF-8. PowerShell's > writes UTF-16.")
    line = next(n for n, row in enumerate(texts[name].split("\n"), 1) if "\ufffd" in row)
    return at(Place(name, line), " has a letter that is not saved as UTF-8.", "Save the file as UTF-8.")


RULES_OF: dict[str, Rule] = {
    "NoMigrations": migrations.none,
    "MissingMigration": migrations.missing,
    "ConflictingMigrations": migrations.conflict,
    "InconsistentMigrationHistory": migrations.history,
    "CutOff": cut_off,
}
RULES: list[Rule] = [debugger, closed, encoding, migrations.lost, no_app, found]
