"""Explains names that do not exist: modules, names imported from modules, and variables."""

from __future__ import annotations

import re

from companion.explaining.advice import Advice, Rule, at
from companion.project.index import Known, close
from companion.project.results import Failure, Place

# Import names and package names that differ by more than underscores.
NAMES = """rest_framework=djangorestframework jwt=PyJWT environ=django-environ corsheaders=django-cors-headers
decouple=python-decouple dotenv=python-dotenv django=Django rest_framework_simplejwt=djangorestframework-simplejwt
rest_framework_jwt=djangorestframework-jwt dj_rest_auth=dj-rest-auth knox=django-rest-knox allauth=django-allauth
oauth2_provider=django-oauth-toolkit django_filters=django-filter django_extensions=django-extensions
debug_toolbar=django-debug-toolbar"""
PACKAGES = dict(each.split("=") for each in NAMES.split())


def no_package(failure: Failure, known: Known) -> Advice | None:
    """Finds an import of a package that is not installed, or that is imported by another name."""
    name, place = failure.name, failure.place
    if failure.type != "ModuleNotFoundError" or not name:
        return None
    place = place or known.line(rf"""["']{re.escape(name)}(\.|["'])""", known.settings, *known.texts)
    imported = {package.lower(): module for module, package in PACKAGES.items()}.get(name.lower().replace("_", "-"))
    if imported and imported != name:
        said = f", imports {name}, and that package is imported as {imported}."
        return at(place, said, f"Write: import {imported}")
    # For a missing package, Python names only its first part. So a dotted name means that its first part exists.
    if "." in name or name not in PACKAGES and _of_the_project(name, place, known):
        return None
    package = PACKAGES.get(name, name.replace("_", "-"))
    said, install = f", needs the package {package}, which is not installed.", f"python -m pip install {package}"
    if place and name not in known.packages:
        remedy = f"Remove {name} from this line, or install the package: {install}"
        return at(place, f"{said} This stage doesn't use it.", remedy)
    return at(place, said, f"Install it into the environment that checks: {install}")


def _of_the_project(name: str, place: Place | None, known: Known) -> bool:
    """Returns whether `name` is a module of the project or the stage, or is probably a typo of one."""
    modules = {file.removeprefix(known.prefix) for file in known.texts}
    modules |= {known.project_path(file) for file in known.stage_texts}
    meant = close(name, {part for file in modules for part in file.removesuffix(".py").split("/")} | known.packages)
    # A name that continues one of our package names, such as `jwt_tools`, is another package and not a typo.
    own = meant is not None and re.match(f"{re.escape(meant)}[_-]", name)
    manage = place is None or place.file.endswith("manage.py")
    path = place is not None and re.search(rf"""["']{re.escape(name)}\.""", place.code)
    return manage or bool(path) or (meant is not None and not own)


def no_name(failure: Failure, known: Known) -> Advice | None:
    """Finds a name that is used without being imported."""
    hit = re.search(r"name '(\w+)' is not defined", failure.message)
    place, line = failure.place, hit and known.import_of(hit[1])
    if failure.type != "NameError" or not hit or not place or not line or known.defines(place.file, hit[1]):
        return None
    return at(place, f", uses {hit[1]} without importing it.", f"Add at the top of the file: {line}")


RULES: list[Rule] = [no_package, no_name]
