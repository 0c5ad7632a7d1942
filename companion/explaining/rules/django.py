"""What Django and Django REST Framework refuse to start with, in plain words."""

from __future__ import annotations

import re

from companion.explaining.advice import Advice, at, first_line, meant
from companion.explaining.rules.imports import no_file
from companion.project.index import Known
from companion.project.results import Failure, Place

# A pattern in Django's message, the sentence (with its groups), the remedy, and a pattern of the line to open.
MESSAGES = [
    (
        r"AUTH_USER_MODEL refers to model '(\w+)\.(\w+)' that has not been installed",
        "AUTH_USER_MODEL names {1}, and the models of {0} have no such class.",
        "Name the class of your model {1}.",
        r"^class \w+\(.*(?:Abstract\w*User|PermissionsMixin|Model)\b",
    ),
    (
        r"Model class ([\w.]+) doesn't declare an explicit app_label",
        "The model {0} belongs to no app in INSTALLED_APPS.",
        "Add the app to INSTALLED_APPS.",
        r"^INSTALLED_APPS\b",
    ),
    (
        r"The SECRET_KEY setting must not be empty",
        "SECRET_KEY is empty.",
        "Give it at least 50 random characters.",
        r"^SECRET_KEY\b",
    ),
    (
        r"The included URLconf '(?:<module ')?([\w.]+)'.* does not appear to have any patterns",
        "{0} has no list called urlpatterns.",
        "The list of addresses has to be called urlpatterns.",
        None,
    ),
    (
        r"view must be a callable or a list/tuple",
        "A view stands in path() as a class: .as_view() is missing.",
        "Write View.as_view() with its brackets.",
        None,
    ),
    (
        r"Could not import '([\w.]+)' for API setting '(\w+)'",
        "REST_FRAMEWORK names {0}, which cannot be imported.",
        "Correct the path in {1}.",
        r"{0}",
    ),
    (
        r"Cannot import '([\w.]+)'\. Check that '([\w.]+)\.name' is correct",
        "The name of the app configuration {1} is not the folder of the app: {0}.",
        "The name of an app is its folder's name.",
        r"name = ['\"]{0}['\"]",
    ),
    (
        r"Module '([\w.]+)' does not contain a '(\w+)' class",
        "INSTALLED_APPS names {1}, which {0} does not have.",
        "Name the class that stands there.",
        r"\.{1}\b",
    ),
    (
        r"Application labels aren't unique, duplicates: (\w+)",
        "The app {0} stands in INSTALLED_APPS twice.",
        "Remove one of the two lines.",
        r"['\"]{0}\b",
    ),
    (
        r"Migration (\w+)\.(\w+) dependencies reference nonexistent parent node \('(\w+)', '(\w+)'\)",
        "The migration {1} builds on {3}, which does not exist.",
        "Bring that file back; a migration that was applied is never deleted.",
        r"['\"]{3}['\"]",
    ),
    (
        r"The module in NAME could not be imported: ([\w.]+)",
        "AUTH_PASSWORD_VALIDATORS names {0}, which cannot be imported.",
        "Correct the path.",
        r"{0}",
    ),
    (
        r"'Settings' object has no attribute '(\w+)'|You must define a '(\w+)'",
        "The settings lack {0}.",
        "Add it to the settings.",
        None,
    ),
    (
        r"(?:WSGI|ASGI) application '([\w.]+)' could not be loaded",
        "WSGI_APPLICATION names {0}, which cannot be loaded.",
        "Correct the path.",
        r"^WSGI_APPLICATION\b",
    ),
    (
        r'Module "([\w.]+)" does not define a "(\w+)"',
        "The settings name {0}.{1}, and {0} defines no {1}.",
        "Correct the path.",
        r"{0}\.{1}",
    ),
]


def refused(failure: Failure, known: Known) -> Advice | None:
    """What Django or Django REST Framework refuses to start with."""
    for pattern, sentence, remedy, line in MESSAGES:
        if hit := re.search(pattern, failure.message):
            groups = [group or "" for group in hit.groups()]
            wanted = line.format(*map(re.escape, groups)) if line else None
            place = known.line(wanted, known.settings, *known.texts) if wanted else failure.place
            if place is None and groups and (file := known.module(groups[0])):
                place = Place(file, 0)
            if place and "urlpatterns" in sentence and (other := known.near("urlpatterns", place.file)):
                place = other.place
            place = place or failure.place or Place(known.settings, 0)
            if "settings lack" in sentence and (other := known.near(groups[0], known.settings)):
                return Advice(f"{place}: {sentence.format(*groups)}{meant(other.tail)}", "Correct the spelling.", place)
            if "settings lack" in sentence:
                place = Place(known.settings, 0)
            if "urlpatterns" in sentence and place.file.endswith("__init__.py"):
                line_ = known.line(rf"include\(['\"]{re.escape(groups[0])}['\"]\)")
                if line_:
                    return Advice(f"{line_}, includes {groups[0]}, a folder, and not the addresses in it.",
                                  f"Write include('{groups[0]}.urls').", line_)  # fmt: skip
            if "no such class" in sentence and (advice := _divided(groups[0], groups[1], known)):
                return advice
            if "no such class" in sentence and not known.module(f"{groups[0]}.models"):
                file = f"{known.prefix}{groups[0]}/models.py"
                return Advice(f"{file} does not exist, and AUTH_USER_MODEL names a model in it.",
                              f"Make {file}, with the class {groups[1]}.", Place(file, 0))  # fmt: skip
            module = groups[0].rpartition(".")[0] if "cannot be imported" in sentence else ""
            if module and known.module(module) is None and known.module_of_stage(module):
                return no_file(module, place, known)
            near = known.near_module(module) if module else None
            text = f"{place}: {sentence.format(*groups)}{meant(near)}"
            return Advice(text, remedy.format(*groups), place)
    return None


def _divided(app: str, name: str, known: Known) -> Advice | None:
    """Models in a folder that does not hand them on, and models that are nowhere."""
    start = f"{known.prefix}{app}/models"
    whole, folder = f"{start}.py", f"{start}/__init__.py"
    if any(file.startswith(f"{start}/") for file in known.texts):
        both = f"{folder} hides {whole}: there are both a folder and a file." if whole in known.texts else ""
        return Advice(both or f"{folder} does not import {name}, so Django does not see it.",
                      "Remove one of them." if both else f"Import {name} there, from the file that defines it.",
                      Place(folder, 0))  # fmt: skip
    if whole in known.texts and not known.line(r"^class \w", whole):
        return Advice(f"{whole} defines no class, and AUTH_USER_MODEL names {name} in it.",
                      f"Define {name} there, as the chapter shows. Is the file saved?", Place(whole, 0))  # fmt: skip
    return None


def system_check(failure: Failure, known: Known) -> Advice | None:
    """A fault that `manage.py check` reports: its first one, with Django's own hint."""
    if failure.type != "SystemCheckError":
        return None
    hit = re.search(r"^(.+?): \((\w+\.\w+)\) (.+)$", failure.message, re.MULTILINE)
    if not hit:
        return None
    place = _spoken_of(hit[1], hit[3], known) or Place(known.settings, 0)
    hint = re.search(r"HINT: (.+)", failure.message)
    return Advice(f"{at(place, hit[1])}: Django's own check finds a fault: {first_line(hit[3])} ({hit[2]})",
                  hint[1] if hint else "Run python manage.py check.", place)  # fmt: skip


def _spoken_of(owner: str, message: str, known: Known) -> Place | None:
    """The line that a system check means: the field or the address in its message, or the model it names."""
    if address := re.search(r"name='([\w-]+)'", message):
        return known.line(rf"name=['\"]{re.escape(address[1])}['\"]")
    if owner.strip("?") == "" and (
        setting := re.search(r"\b(MIDDLEWARE|INSTALLED_APPS|TEMPLATES|[A-Z_]{6,})\b", message)
    ):
        return known.line(rf"^{setting[1]}\b", known.settings, *known.texts) or Place(known.settings, 0)
    quoted = [known.line(rf"(['\"]){re.escape(word)}\1", known.settings) for word in re.findall(r"'([^' ]+)'", message)]
    if owner.strip("?") == "" and any(quoted):
        return next(filter(None, quoted))
    short = owner.rpartition(".")[2]
    names = [*re.findall(r"'(\w+\.\w+)'", message), *(f"{short}.{n}" for n in re.findall(r"'(\w+)'", message))]
    names += [".".join(owner.split(".")[-2:]), short]
    found = (d for name in names for d in known.definitions if d.symbol.name == name.strip("?<>: "))
    first = next(found, None)
    return first.place if first else None
