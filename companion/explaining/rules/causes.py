"""Explains names that do not exist, and failures whose message names a consequence: finds the line that caused it."""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress

from companion.explaining.advice import Advice, Rule, at
from companion.project.index import Known, close
from companion.project.results import Failure, Place

LISTS = (ast.List, ast.Tuple, ast.Set)
# Import names and package names that differ by more than underscores.
NAMES = """rest_framework=djangorestframework jwt=PyJWT environ=django-environ corsheaders=django-cors-headers
decouple=python-decouple dotenv=python-dotenv django=Django rest_framework_simplejwt=djangorestframework-simplejwt
rest_framework_jwt=djangorestframework-jwt dj_rest_auth=dj-rest-auth knox=django-rest-knox allauth=django-allauth
oauth2_provider=django-oauth-toolkit django_filters=django-filter django_extensions=django-extensions
debug_toolbar=django-debug-toolbar"""
PACKAGES = dict(each.split("=") for each in NAMES.split())


def assigned_twice(failure: Failure, known: Known) -> Advice | None:
    """Finds a setting or `urlpatterns` that is assigned twice, so that values which the stage needs are lost."""
    for file, text in known.texts.items():
        if file != known.settings and not file.endswith("urls.py"):
            continue
        needed = {name: _elements(value) for name, value in _assigned(known.text_of_stage(file))}
        earlier: dict[str, ast.expr] = {}
        for name, value in _assigned(text):
            lost = needed.get(name, set()) - _elements(value)
            if name in earlier and lost & _elements(earlier[name]):
                place = Place(file, value.lineno, text.splitlines()[value.lineno - 1].strip())
                said = f", assigns {name} again. This replaces the value of line {earlier[name].lineno}"
                said += f", so {min(lost & _elements(earlier[name]))} is lost."
                return at(place, said, f"Merge the two into one {name}.")
            earlier[name] = value
    return None


def _assigned(text: str) -> Iterator[tuple[str, ast.expr]]:
    """Yields the names assigned at the top level of a module, with their values; nothing if it is not valid Python."""
    with suppress(SyntaxError, ValueError):
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                yield node.targets[0].id, node.value


def _elements(value: ast.expr) -> set[str]:
    """Returns the elements of a list or the keys of a dictionary, as source code."""
    if isinstance(value, LISTS):
        return {ast.unparse(element) for element in value.elts}
    return {ast.unparse(key) for key in value.keys if key} if isinstance(value, ast.Dict) else set()


def drf_class_among_django_backends(failure: Failure, known: Known) -> Advice | None:
    """Finds a DRF authentication class in AUTHENTICATION_BACKENDS, which is for classes that check passwords."""
    place = known.line(r"^AUTHENTICATION_BACKENDS\b", known.settings)
    values = dict(_assigned(known.texts.get(known.settings, "")))
    named = _elements(values["AUTHENTICATION_BACKENDS"]) if "AUTHENTICATION_BACKENDS" in values else set()
    ours = [name for name in named if name.strip("'").endswith(".backends.JWTAuthentication")]
    if not place or not ours or "AUTHENTICATION_BACKENDS" in known.text_of_stage(known.settings):
        return None
    said = ": AUTHENTICATION_BACKENDS is for classes that check passwords. JWTAuthentication reads tokens, and "
    said += "belongs in REST_FRAMEWORK, under DEFAULT_AUTHENTICATION_CLASSES."
    return at(place, said, "Remove AUTHENTICATION_BACKENDS from the settings.")


def imported_too_early(failure: Failure, known: Known) -> Advice | None:
    """Finds an import that loads the models before Django has loaded the apps."""
    if failure.type != "AppRegistryNotReady":
        return None
    for place in failure.places:
        stage = known.text_of_stage(place.file)
        if re.match(r"(from|import) ", place.code) and place.code not in map(str.strip, stage.splitlines()):
            why = "The settings name classes as text." if place.file == known.settings else "The models come later."
            said = ", imports the models too early: Django has not loaded the apps yet."
            return at(place, said, f"Remove the import, or move it into the function that needs it. {why}")
    return None


def user_model_too_early(failure: Failure, known: Known) -> Advice | None:
    """Finds a call of get_user_model() that runs while the module of the model is still being loaded."""
    call = next((place for place in failure.places if "get_user_model()" in place.code), None)
    if call is None or "has not been installed" not in failure.message:
        return None
    importer = next((place.file for place in failure.places if place.file != call.file), "")
    why = f": {importer} imports this module" if importer.endswith("models.py") else ""
    said = f", calls get_user_model() before the class User exists{why}."
    return at(call, said, "Remove the call, or move it into the function that needs it.")


def folder_beside_file(failure: Failure, known: Known) -> Advice | None:
    """Finds a package with the same name as a module next to it: Python imports the package and ignores the module."""
    for file in known.texts:
        folder = file.removesuffix(".py") + "/__init__.py"
        if folder in known.texts and known.text_of_stage(file):
            said = f" hides {file}: Python imports the folder, and never reads the file."
            return at(Place(folder, 0), said, "Remove one of them.")
    return None


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
    if failure.type != "NameError" or not hit or not place or not line:
        return None
    here = [symbol for file, symbol in known.definitions if file == place.file]
    if any(symbol.name.rpartition(".")[2] == hit[1] for symbol in here):
        return None
    return at(place, f", uses {hit[1]} without importing it.", f"Add at the top of the file: {line}")


RULES: list[Rule] = [folder_beside_file, assigned_twice, drf_class_among_django_backends, imported_too_early]
RULES += [user_model_too_early, no_package, no_name]
