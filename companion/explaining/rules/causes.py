"""Explains failures whose message names what came of a mistake: these rules find the line that caused it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from companion.explaining.advice import Advice
from companion.project.index import Known
from companion.project.results import Failure, Place

OLD_PYJWT = "since PyJWT 2, jwt.encode() returns text"
LISTS = (ast.List, ast.Tuple, ast.Set)


def assigned_twice(failure: Failure, known: Known) -> Advice | None:
    """A setting or `urlpatterns` that is assigned again, so that the value above is lost with what the stage needs."""
    for file, text in known.texts.items():
        if file != known.settings and not file.endswith("urls.py"):
            continue
        needed = {name: _elements(value) for name, value in _assigned(known.text_of_stage(file))}
        earlier: dict[str, ast.expr] = {}
        for name, value in _assigned(text):
            lost = needed.get(name, set()) - _elements(value)
            if name in earlier and lost & _elements(earlier[name]):
                place = Place(file, value.lineno, text.splitlines()[value.lineno - 1].strip())
                return Advice(
                    f"{place}, assigns {name} again. This replaces the value of line {earlier[name].lineno}, "
                    f"so {min(lost & _elements(earlier[name]))} is lost.",
                    f"Merge the two into one {name}.",
                    place,
                )
            earlier[name] = value
    return None


def _assigned(text: str) -> Iterator[tuple[str, ast.expr]]:
    """The names assigned at the top level of a module, with their values, in order; none where it is not Python."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return
    for node in body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _elements(value: ast.expr) -> set[str]:
    """The elements of a list or the keys of a dictionary, as Python writes them."""
    if isinstance(value, LISTS):
        return {ast.unparse(element) for element in value.elts}
    return {ast.unparse(key) for key in value.keys if key} if isinstance(value, ast.Dict) else set()


def drf_class_among_django_backends(failure: Failure, known: Known) -> Advice | None:
    """An authentication class of DRF in AUTHENTICATION_BACKENDS, which Django asks to check passwords."""
    place = known.line(r"^AUTHENTICATION_BACKENDS\b", known.settings)
    values = dict(_assigned(known.texts.get(known.settings, "")))
    named = _elements(values["AUTHENTICATION_BACKENDS"]) if "AUTHENTICATION_BACKENDS" in values else set()
    ours = [name for name in named if name.strip("'").endswith(".backends.JWTAuthentication")]
    if not place or not ours or "AUTHENTICATION_BACKENDS" in known.text_of_stage(known.settings):
        return None
    return Advice(
        f"{place}: AUTHENTICATION_BACKENDS is for classes that check passwords. JWTAuthentication reads tokens, and "
        "belongs in REST_FRAMEWORK, under DEFAULT_AUTHENTICATION_CLASSES.",
        "Remove AUTHENTICATION_BACKENDS from the settings.",
        place,
    )


def imported_too_early(failure: Failure, known: Known) -> Advice | None:
    """An import that runs before Django has loaded the apps, and leads to the models."""
    if failure.type != "AppRegistryNotReady":
        return None
    for place in failure.places:
        stage = known.text_of_stage(place.file)
        if re.match(r"(from|import) ", place.code) and place.code not in map(str.strip, stage.splitlines()):
            why = "The settings name classes as text." if place.file == known.settings else "The models come later."
            return Advice(
                f"{place}, imports the models too early: Django has not loaded the apps yet.",
                f"Remove the import, or move it into the function that needs it. {why}",
                place,
            )
    return None


def user_model_too_early(failure: Failure, known: Known) -> Advice | None:
    """A call of get_user_model() that runs while the module with the model is still being loaded."""
    call = next((place for place in failure.places if "get_user_model()" in place.code), None)
    if call is None or "has not been installed" not in failure.message:
        return None
    return Advice(
        f"{call}, calls get_user_model() before the class User exists: authentication/models.py imports this module.",
        "Remove the call, or move it into the function that needs it.",
        call,
    )


def decoded_text(failure: Failure, known: Known) -> Advice | None:
    """A `.decode()` behind what is text already, as in tutorials for PyJWT 1."""
    place = failure.place
    if place is None or "'str' object has no attribute 'decode'" not in failure.message:
        return None
    why = f": {OLD_PYJWT}" if "encode(" in place.code else ", which is for bytes"
    sentence = f"{place}, calls .decode() on a text{why}."
    return Advice(sentence, "Remove .decode(…) and keep what is before it.", place)


def claim_that_is_no_text(failure: Failure, known: Known) -> Advice | None:
    """A claim that has to be text and is a number; PyJWT notices only when it reads the token."""
    claim = {"InvalidSubjectError": "sub", "InvalidJTIError": "jti"}.get(failure.type)
    place = known.line(rf"['\"]{claim}['\"]\s*:") if claim else None
    if place is None:
        return None
    value = place.code.partition(":")[2].strip().removesuffix(",")
    return Advice(
        f"{place}: the claim {claim} must be a text (RFC 7519), and {value} is not one.", f"Write str({value}).", place
    )


def times_without_zone(failure: Failure, known: Known) -> Advice | None:
    """USE_TZ that is off, so that every time Django makes lacks its zone."""
    place = known.line(r"^USE_TZ\s*=\s*False\b", known.settings)
    about = "is_aware" in failure.message or failure.type in ("ExpiredSignatureError", "ImmatureSignatureError")
    if place is None or not about:
        return None
    sentence = f"{place}: USE_TZ is off, so the times in your tokens are those of {_zone(known)}, without saying so."
    return Advice(sentence, "Write USE_TZ = True.", place)


def _zone(known: Known) -> str:
    zone = dict(_assigned(known.texts.get(known.settings, ""))).get("TIME_ZONE")
    return str(zone.value) if isinstance(zone, ast.Constant) else "the server's clock"


def text_for_a_list(failure: Failure, known: Known) -> Advice | None:
    """A text where the stage has a list: brackets alone make no tuple of one text."""
    for definition in known.definitions:
        mine = _value(known.texts[definition.file], definition.symbol.name)
        theirs = _value(known.text_of_stage(definition.file), definition.symbol.name)
        if not isinstance(theirs, LISTS) or not isinstance(mine, ast.Constant) or not isinstance(mine.value, str):
            continue
        if definition.tail in re.findall(r"\w+", failure.message):
            place = Place(
                definition.file, mine.lineno, known.texts[definition.file].splitlines()[mine.lineno - 1].strip()
            )
            alone = " Round brackets alone do not make a list." if "(" in place.code else ""
            return Advice(
                f"{place}: {definition.tail} has to be a list, and {mine.value!r} is a text.{alone}",
                f"Write: {definition.tail} = {ast.unparse(theirs)}",
                place,
            )
    return None


def _value(text: str, name: str) -> ast.expr | None:
    """The value that is assigned to a dotted name (`UserSerializer.Meta.fields`); None where there is none."""
    try:
        body: list[ast.stmt] = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    *owners, last = name.split(".")
    for owner in owners:
        body = next((node.body for node in body if isinstance(node, ast.ClassDef) and node.name == owner), [])
    for node in body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == last for t in node.targets):
            return node.value
    return None


def bases_out_of_order(failure: Failure, known: Known) -> Advice | None:
    """Base classes in an order that Python cannot use: a class before one that is made from it."""
    place = failure.place
    found = re.match(r"class (\w+)\((.+)\)", place.code) if place else None
    if place is None or found is None or "consistent method resolution" not in failure.message:
        return None
    stage = re.search(rf"^class {found[1]}\(.+\):", known.text_of_stage(place.file), re.MULTILINE)
    first = found[2].split(",")[0]
    return Advice(
        f"{place}: the base classes of {found[1]} are in an order that Python can't use: {first} is before a class "
        "that inherits from it.",
        f"Write: {stage[0]}" if stage else f"Move {first} to the end, or leave it out.",
        place,
    )


def text_for_a_view(failure: Failure, known: Known) -> Advice | None:
    """The path of another urls.py as text, where path() needs include()."""
    place = failure.place
    text = re.search(r"path\([^,]+,\s*(['\"][\w.]+['\"])", place.code) if place else None
    if text is None or "view must be a callable" not in failure.message:
        return None
    return Advice(f"{place}: path() needs a view or include(), and {text[1]} is a text.",
                  f"Write include({text[1]}).", place)  # fmt: skip


RULES = [
    assigned_twice,
    drf_class_among_django_backends,
    imported_too_early,
    user_model_too_early,
    decoded_text,
    claim_that_is_no_text,
    times_without_zone,
    text_for_a_list,
    bases_out_of_order,
    text_for_a_view,
]
