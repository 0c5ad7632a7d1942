"""Names that are not there, in plain words: modules, what is imported from them, and variables."""

from __future__ import annotations

import re
from importlib.util import find_spec
from itertools import pairwise

from companion.explaining.advice import Advice, at, meant, subject
from companion.project.index import Known, close
from companion.project.results import Failure, Place

PACKAGES = {  # what is imported, and what is installed, where the two differ
    "rest_framework": "djangorestframework",
    "jwt": "PyJWT",
    "environ": "django-environ",
    "corsheaders": "django-cors-headers",
    "decouple": "python-decouple",
    "dotenv": "python-dotenv",
    "django": "Django",
    "rest_framework_simplejwt": "djangorestframework-simplejwt",
    "rest_framework_jwt": "djangorestframework-jwt",
    "dj_rest_auth": "dj-rest-auth",
    "knox": "django-rest-knox",
    "allauth": "django-allauth",
    "oauth2_provider": "django-oauth-toolkit",
    "django_filters": "django-filter",
    "django_extensions": "django-extensions",
    "debug_toolbar": "django-debug-toolbar",
    "drf_spectacular": "drf-spectacular",
    "drf_yasg": "drf-yasg",
}


def no_module(failure: Failure, known: Known) -> Advice | None:
    """An import of a module that does not exist."""
    if failure.type != "ModuleNotFoundError" or not failure.name:
        return None
    name, place = failure.name, failure.place
    if failure.phase == "settings" and (not place or place.file.endswith("manage.py")):
        return _no_settings(name, known)
    top = name.partition(".")[0]
    if beside := _beside(name, place, known):
        return beside
    named = known.line(rf"""["']{re.escape(name)}(\.|["'])""", known.settings, *known.texts)
    if not place and named and (near := known.near_module(name)):
        sentence = f"{named}, names {name}, which does not exist.{meant(_dotted(near, known))}"
        return Advice(sentence, "Correct the name: it is the path of the file, with dots.", named)
    if known.has_package(top):
        return no_file(name, place, known)
    if other := _of_a_package(name, place, known) or _of_another_project(top, place or named, known):
        return other
    near = known.near_module(name)
    if top == "authentication" or (near and not place):
        return Advice(
            f"There is no folder {known.prefix}{top} in your project yet.{meant(near)}",
            f"Make the app: python manage.py startapp {top}",
            Place(near, 0) if near else Place(f"{known.prefix}{top}/", 0),
        )
    if near and place:
        dotted = _dotted(near, known)
        return Advice(f"{place}, imports {name}, which does not exist.{meant(dotted)}", "Correct the name.", place)
    place = place or named
    meant_package = None if top in PACKAGES else close(top, known.packages)
    # What only begins like one of our packages is a package of its own, and no typo.
    if meant_package and not re.match(f"{meant_package}[_-]", top):
        return Advice(f"{subject(place)} names {name}, which does not exist.{meant(meant_package)}",
                      f"Write {meant_package}.", place)  # fmt: skip
    package = PACKAGES.get(top, top.replace("_", "-"))
    if place and top not in known.packages:
        return Advice(f"{place}, needs the package {package}, which is not installed. This stage doesn't use it.",
                      f"Remove {name} from this line, or install the package: python -m pip install {package}",
                      place)  # fmt: skip
    return Advice(
        f"{subject(place)} needs the package {package}, which is not installed.",
        f"Install it into the environment that checks: python -m pip install {package}",
        place,
    )


def _beside(name: str, place: Place | None, known: Known) -> Advice | None:
    """A file that lies beside the one that imports it, without the dot that says so."""
    if place is None or "." in name or f"{place.file.rpartition('/')[0]}/{name}.py" not in known.texts:
        return None
    right = f"from . import {name}" if place.code.startswith("import") else f"from .{name} import …"
    return Advice(f"{place}, imports {name} without a dot, and it lies in the same folder.", f"Write: {right}", place)


def _of_a_package(name: str, place: Place | None, known: Known) -> Advice | None:
    """A module that an installed package does not have, or a package by the name under which it is installed."""
    top = name.partition(".")[0]
    imported = {package.lower(): module for module, package in PACKAGES.items()}.get(name.lower().replace("_", "-"))
    if imported and imported != name:
        return Advice(f"{subject(place)} imports {name}, and that package is imported as {imported}.",
                      f"Write: import {imported}", place)  # fmt: skip
    if "." not in name or not find_spec(top):
        return None
    if glued := _glued(top, known):
        return Advice(f"{glued}: a comma is missing at its end, so that Python reads two texts as one.",
                      "End each line of the list with a comma.", glued)  # fmt: skip
    place = place or known.line(rf"""["']{re.escape(name)}""", known.settings, *known.texts)
    return Advice(f"{subject(place)} names {name}, which does not exist.", "Correct the spelling.", place)


def _glued(top: str, known: Known) -> Place | None:
    """The first of two texts in the settings that no comma divides, which begins with the package `top`."""
    lines = known.texts.get(known.settings, "").splitlines()
    for number, (line, after) in enumerate(pairwise(lines), 1):
        if re.match(rf"""\s*(['"]){re.escape(top)}\.[\w.]+\1\s*$""", line) and re.match(r"""\s*['"]""", after):
            return Place(known.settings, number, line.strip())
    return None


def _of_another_project(top: str, place: Place | None, known: Known) -> Advice | None:
    """A path in the settings that begins with the name of somebody else's folder, and goes on as one of ours."""
    hit = place and re.search(rf"""["']{re.escape(top)}((?:\.\w+)+)["']""", place.code)
    if not hit or not place or place.file != known.settings:
        return None
    folder = known.settings.removeprefix(known.prefix).rpartition("/")[0].replace("/", ".")
    right = next((f"{folder}{rest}" for rest in (hit[1], hit[1].rpartition(".")[0]) if known.module(folder + rest)), "")
    if not right:
        return None
    return Advice(f"{place}, names {top}{hit[1]}, and your folder is called {folder}.",
                  f"Write '{folder}{hit[1]}'. Are these the settings of another project?", place)  # fmt: skip


def _no_settings(name: str, known: Known) -> Advice:
    manage = f"{known.prefix}manage.py"
    place = known.line(rf"""["']{re.escape(name)}""", manage) or Place(manage, 0)
    folders = {
        file.removeprefix(known.prefix).rpartition("/")[0] for file in known.texts if file.endswith("settings.py")
    }
    near = ", ".join(sorted(f"{folder}.settings".replace("/", ".") for folder in folders if folder))
    return Advice(
        f"{place}, names settings that do not exist: there is no module {name}.{meant(near)}",
        "Name the folder that holds settings.py.",
        place,
    )


def no_file(name: str, place: Place | None, known: Known) -> Advice:
    """A module that is missing from a package which is there."""
    wanted = f"{known.prefix}{name.replace('.', '/')}.py"
    near = known.near_module(name)
    ours = {known.theirs(file) for file in known.stage_texts}
    if place:
        called = wanted.rpartition("/")[2]
        moved = [
            file for file in known.texts if file.rpartition("/")[2] == called and wanted in ours and file not in ours
        ]
        if moved:
            return Advice(f"{place}, imports {name}, and that file lies elsewhere: {moved[0]}.",
                          f"Move it: it has to be {wanted}.", Place(moved[0], 0))  # fmt: skip
        if near and wanted in ours and near not in ours:
            return Advice(f"{near} should be called {wanted}.", f"Rename the file to {wanted}.", Place(near, 0))
        if near:
            right = _dotted(near, known)
            return Advice(f"{place}, imports {name}, which does not exist.{meant(right)}", f"Write {right}.", place)
        return Advice(f"{place}, imports {name}, and there is no file {wanted}.", f"Make {wanted}.", place)
    if near and near not in ours:
        return Advice(f"{near} should be called {wanted}.", f"Rename the file to {wanted}.", Place(near, 0))
    return Advice(f"{wanted} does not exist yet.", f"Make {wanted}, as the chapter shows.", Place(wanted, 0))


def no_import(failure: Failure, known: Known) -> Advice | None:
    """A name that a module does not have, or does not have yet."""
    hit = re.match(r"cannot import name '(\w+)' from (partially initialized module )?'([\w.]+)'", failure.message)
    if failure.type != "ImportError" or not hit:
        return None
    name, half, module = hit[1], hit[2], hit[3]
    file, place = known.module(module), failure.place
    if half and place and file:
        other = next((p for p in failure.places if p.file == file and p.file != place.file), None)
        with_whom = f" and {other}, import each other." if other else f" and {file} import each other."
        return Advice(f"{place},{with_whom}", "Move one of the two imports into the function that needs it.", place)
    if not file:
        sentence = f"{subject(place)} imports {name} from {module}, which has no such name.{meant(failure.near)}"
        return Advice(sentence, "Correct the spelling.", place)
    near = known.near(name, file)
    elsewhere = known.define(name)
    if elsewhere and elsewhere.file in {known.theirs(file) for file in known.stage_files_with(name)}:
        elsewhere = None  # the stage has it there too
    target = place or (near.place if near else Place(file, 0))
    if elsewhere and not elsewhere.symbol.parent:
        sentence = f"{at(place, file)} looks for {name} in {file}, but it stands in {elsewhere.file}."
        return Advice(sentence, f"Move it to {file}, or import it from there.", place or elsewhere.place)
    if place:
        return Advice(f"{place}, imports {name}, which {file} does not define.{meant(near.tail if near else None)}",
                      f"Define {name} in {file}, or correct the spelling.", target)  # fmt: skip
    if near:
        sentence = f"{near.place}, defines {near.tail}, where {name} is asked for."
        return Advice(sentence, f"Rename it to {name}.", near.place)
    return Advice(f"{file} has no {name} yet.", f"Define {name} there, as the chapter shows.", Place(file, 0))


def no_name(failure: Failure, known: Known) -> Advice | None:
    """A variable that was never defined or imported."""
    hit = re.search(r"name '(\w+)' is not defined|variable '(\w+)'", failure.message)
    if failure.type not in ("NameError", "UnboundLocalError") or not hit:
        return None
    name, place = hit[1] or hit[2], failure.place
    if failure.type == "UnboundLocalError":
        return Advice(f"{subject(place)} uses {name} before it has a value.",
                      "Is a return or a raise missing above it?", place)  # fmt: skip
    if known.import_of(name):
        return Advice(f"{subject(place)} uses {name} without importing it.",
                      f"Add at the top of the file: {known.import_of(name)}", place)  # fmt: skip
    later = known.define(name, place.file if place else None)
    if later and place and later.symbol.first > place.line:
        return Advice(f"{place}, uses {name}, which is defined only further down, in line {later.symbol.first}.",
                      f"Move the definition of {name} above line {place.line}.", place)  # fmt: skip
    near = known.near(name, place.file if place else None)
    other = failure.near or (near.tail if near else None)
    return Advice(f"{subject(place)} uses the name {name}, which nothing defines.{meant(other)}",
                  "Correct the spelling, or import it.", place)  # fmt: skip


def _dotted(file: str, known: Known) -> str:
    return file.removeprefix(known.prefix).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def too_many_dots(failure: Failure, known: Known) -> Advice | None:
    """An import from a folder above the project."""
    if "beyond top-level package" not in failure.message or not failure.place:
        return None
    return Advice(f"{failure.place}, has a dot too many: it looks in the folder above the app.",
                  "One dot stands for the folder in which the file itself lies.", failure.place)  # fmt: skip


RULES = [too_many_dots, no_module, no_import, no_name]
