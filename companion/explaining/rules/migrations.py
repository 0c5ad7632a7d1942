"""Explains migrations that are missing, that conflict, or that were applied before the user model existed."""

import re

from companion.explaining.advice import Advice, at
from companion.project.index import Known
from companion.project.results import Failure, Place

WRITE = "Write it: python manage.py makemigrations"
LOST = re.compile(r"Migration \w+\.(\w+) dependencies reference nonexistent parent node \('\w+', '(\w+)'\)")


def none(failure: Failure, known: Known) -> Advice:
    """Explains an app with models but no migrations, or whose migrations folder has no `__init__.py`."""
    folder = f"{known.prefix}{failure.name}/migrations"
    if any(file.startswith(f"{folder}/0") for file in known.texts):
        said = " is missing, so Django does not see the migrations beside it."
        return at(Place(f"{folder}/__init__.py", 0), said, "Make it, as an empty file.")
    place = known.line(r"^class \w+\(", *_models(failure.name, known)) or Place(f"{folder}/", 0)
    return at(place, f": the models of {failure.name} have no migration yet.", f"{WRITE} {failure.name}")


def missing(failure: Failure, known: Known) -> Advice:
    """Explains models that differ from their migrations."""
    files = _models(failure.name, known)
    names = ["objects"] if "managers" in failure.message else re.findall(r"\w+", failure.message)
    fields = [known.line(rf"^\s+{name}\s*=|^class {name}\b", *files) for name in names]
    place = next((field for field in fields if field), None) or known.line(r"\bclass \w+\(", *files)
    wanted = {known.project_path(file) for file in known.stage_texts if file.startswith(f"{failure.name}/migrations/")}
    # A project that already has all migrations of the stage needs no new one: its model has been changed by mistake.
    changed = failure.message.startswith(("Alter", "Remove")) and wanted and wanted <= known.texts.keys()
    remedy = "Compare the class with the chapter." if changed else f"{WRITE} {failure.name}"
    return at(place, f": your models differ from their migrations ({failure.message}).", remedy)


def _models(app: str, known: Known) -> list[str]:
    start = f"{known.prefix}{app}/"
    return sorted(file for file in known.texts if file.startswith(start) and "models" in file.removeprefix(start))


def conflict(failure: Failure, known: Known) -> Advice:
    """Explains two migrations of an app that no later migration depends on."""
    names = failure.message.split(", ")
    copies = [name for name in names if not re.fullmatch(r"\d+_\w+", name)]
    place = Place(f"{known.prefix}{failure.name}/migrations/{(copies or names)[-1]}.py", 0)
    if copies:
        said = f" is a copy of a migration: two migrations of {failure.name} both want to be the last."
        return at(place, said, f"Delete {place.file}.")
    said = f"Two migrations of {failure.name} both want to be the last: {' and '.join(names)}."
    remedy = f"Remove {place.file} if it is a leftover, or run: python manage.py makemigrations --merge"
    return Advice(said, remedy, place)


def history(failure: Failure, known: Known) -> Advice:
    """Explains a database that was migrated before the project had its own user model."""
    done, _, parent = failure.message.partition(" before ")
    place = known.line(r"^AUTH_USER_MODEL\b", known.settings) or known.line(r"^DATABASES\b", known.settings)
    said = f"Your database was migrated before AUTH_USER_MODEL was set ({place}): it has {done}, and not {parent}."
    remedy = "Nothing is in it that you need yet: delete db.sqlite3 and run python manage.py migrate again."
    return Advice(said, remedy, place)


def lost(failure: Failure, known: Known) -> Advice | None:
    """Explains a migration that depends on a deleted migration."""
    hit = LOST.search(failure.message)
    place = known.line(rf"""['"]{hit[2]}['"]""") if hit else None
    if not hit or not place:
        return None
    said = f": the migration {hit[1]} builds on {hit[2]}, which does not exist."
    return at(place, said, "Bring that file back: a migration that was applied is never deleted.")
