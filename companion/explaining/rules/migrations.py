"""Rules for migrations that are missing, conflict with each other, or came before the user model."""

from __future__ import annotations

import re

from companion.chain.symbols import lines_of
from companion.explaining.advice import Advice, at
from companion.project.index import Known
from companion.project.results import Failure, Place


def none(failure: Failure, known: Known) -> Advice:
    """An app with models and without migrations, or without the `__init__.py` that makes Django see them."""
    folder = f"{known.prefix}{failure.name}/migrations"
    if any(file.startswith(f"{folder}/0") for file in known.texts):
        return Advice(f"{folder}/__init__.py is missing, so Django does not see the migrations beside it.",
                      "Make it, as an empty file.", Place(f"{folder}/__init__.py", 0))  # fmt: skip
    place = known.line(r"^class \w+\(", *_models(failure.name, known)) or Place(f"{folder}/", 0)
    return Advice(f"The models of {failure.name} ({place}) have no migration yet.",
                  f"Write it: python manage.py makemigrations {failure.name}", place)  # fmt: skip


def missing(failure: Failure, known: Known) -> Advice:
    """The models differ from the migrations."""
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


def conflict(failure: Failure, known: Known) -> Advice:
    """Two migrations of an app have no successor."""
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


def history(failure: Failure, known: Known) -> Advice:
    """The database was migrated before the project had its own user model."""
    done, _, parent = failure.message.partition(" before ")
    place = known.line(r"^AUTH_USER_MODEL\b", known.settings) or known.line(r"^DATABASES\b", known.settings)
    return Advice(f"Your database was migrated before AUTH_USER_MODEL was set ({at(place)}): "
                  f"it has {done}, and not {parent}.",
                  "Nothing is in it that you need yet: delete db.sqlite3 and run python manage.py migrate again.",
                  place)  # fmt: skip


def lost(failure: Failure, known: Known) -> Advice | None:
    """A migration builds on one that was deleted."""
    hit = re.search(r"Migration (\w+)\.(\w+) dependencies reference nonexistent parent node \('\w+', '(\w+)'\)",
                    failure.message)  # fmt: skip
    place = known.line(rf"""['"]{hit[3]}['"]""", *known.texts) if hit else None
    if not hit or not place:
        return None
    return Advice(f"{place}: the migration {hit[2]} builds on {hit[3]}, which does not exist.",
                  "Bring that file back: a migration that was applied is never deleted.", place)  # fmt: skip
