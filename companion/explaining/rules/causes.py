"""Explains failures whose message names a consequence: these rules find the line that caused it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from companion.explaining.advice import Advice, Rule, at
from companion.project.index import Known
from companion.project.results import Failure, Place

LISTS = (ast.List, ast.Tuple, ast.Set)


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
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return
    for node in body:
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


RULES: list[Rule] = [folder_beside_file, assigned_twice, drf_class_among_django_backends, imported_too_early]
RULES.append(user_model_too_early)
