"""What a test found wrong, in plain words: what was wanted, what came, and what that usually means."""

from __future__ import annotations

import re

from companion.explaining.advice import Advice, at, first_line, meant, subject
from companion.explaining.rules import calls
from companion.project.index import Known, close
from companion.project.results import Failure, Place
from companion.project.returns import lost_return, without_return


def no_file(failure: Failure, known: Known) -> Advice | None:
    """A file that a test reads, and the project does not have or has not saved as text."""
    hit = re.search(r"No such file or directory: '(.+)'", failure.message)
    if failure.type == "FileNotFoundError" and hit and known.project:
        name = re.split(r"[\\/]", hit[1])[-1]
        there = sorted(p.name for p in known.project.folder.iterdir())
        near = [other for other in there if other.lower().partition(".")[0] == name.lower()]
        near += [other for other in (close(name, (n for n in there if n.endswith(".txt"))),) if other and not near]
        return Advice(f"There is no file {known.prefix}{name} in your project.{meant(near[0] if near else None)}",
                      f"Rename it to {name}." if near else f"Make it beside manage.py, and call it {name}.",
                      Place(known.prefix + (near[0] if near else name), 0))  # fmt: skip
    if failure.type == "UnicodeDecodeError" and not (failure.place and failure.place.line) and known.project:
        for name in ("requirements.txt", "Dockerfile", ".dockerignore"):
            path = known.project.folder / name
            if path.is_file() and path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff"):
                return Advice(f"{known.prefix}{name} is saved as UTF-16, which pip cannot read.",
                              "Save it as UTF-8. PowerShell's > writes UTF-16.",
                              Place(known.prefix + name, 0))  # fmt: skip
    return None


def no_table(failure: Failure, known: Known) -> Advice | None:
    """The database lacks what the models speak of."""
    hit = re.search(r"no such (table|column): ([\w.]+)|has no column named (\w+)", failure.message)
    if not hit:
        return None
    what, name = hit[1] or "column", hit[2] or hit[3]
    return Advice(f"{at(failure.place)}: the database has no {what} {name}.",
                  "Run python manage.py makemigrations, then python manage.py migrate.", failure.place)  # fmt: skip


def no_address(failure: Failure, known: Known) -> Advice | None:
    """A name or an address that the project's urls do not have."""
    files = [file for file in known.texts if file.endswith("urls.py")]
    root = known.theirs("config/urls.py")
    open_ended = known.line(r"path\(['\"][^'\"]*[^/'\"]['\"], *include", root)
    if open_ended and failure.place and failure.place.file in files:
        return Advice(f"{open_ended}: the address lacks the slash at its end, before what is included.",
                      "End it with a slash: 'api/'.", open_ended)  # fmt: skip
    if hit := re.search(r"Reverse for '([\w:-]+)' not found", failure.message):
        name = hit[1]
        named = {m[1]: file for file in files for m in re.finditer(r"name=['\"]([\w-]+)['\"]", known.texts[file])}
        near = next((n for n in named if n in name or name.partition("_")[2] == n), None)
        if name in named:
            return _not_included(named[name], root, known)
        if near:
            place = known.line(rf"name=['\"]{near}['\"]", named[near])
            return Advice(f"{subject(place)} names an address {near}, where {name} is asked for.",
                          f'Write name="{name}".', place)  # fmt: skip
        return Advice(f"No address of the project is called {name}.",
                      f'Add an address with name="{name}".', Place(files[0], 0) if files else None)  # fmt: skip
    lost = failure.type in ("Resolver404", "JSONDecodeError") or "404" in (failure.came, failure.message[:12])
    if lost and failure.wanted != "404":
        inner = next((file for file in files if file != root), None)
        module = inner and inner.removeprefix(known.prefix).removesuffix(".py").replace("/", ".")
        if inner and module and module not in known.texts.get(root, ""):
            return _not_included(inner, root, known)
    return None


def _not_included(inner: str, root: str, known: Known) -> Advice:
    module = inner.removeprefix(known.prefix).removesuffix(".py").replace("/", ".")
    return Advice(f"{root} does not include {inner}, so its addresses do not exist.",
                  f"Add path('api/', include('{module}')) to urlpatterns in {root}.",
                  known.line(r"^urlpatterns\b", root) or Place(root, 0))  # fmt: skip


def no_answer(failure: Failure, known: Known) -> Advice | None:
    """A function that returns nothing where something is wanted."""
    place = failure.place
    if re.search(r"didn't return an HttpResponse|received a `<class 'NoneType'>`", failure.message):
        place = without_return(known, place) or place
        return Advice(
            f"{at(place)}: the view gives no answer, it returns None.", "End it with: return Response(…)", place
        )
    if "should return the validated data" in failure.message:
        methods = (d.place for d in known.definitions if d.tail == "validate")
        place = next((found for each in methods if (found := without_return(known, each))), place)
        return Advice(f"{at(place)}: validate() gives None, for it has no return.",
                      "End it with the data: return data", place)  # fmt: skip
    named = re.search(r"where None = .*?\.(\w+)(?:\(.*\))?$", failure.message, re.MULTILINE)
    none = (failure.came == "None" and failure.wanted not in ("", "None")) or re.search(
        r"\(type NoneType\)|'NoneType' object has no", failure.message
    )
    if not none and not named:
        return None
    definition = known.define(named[1]) if named else None
    empty = without_return(known, definition.place if definition else place) or lost_return(known)
    if empty:
        return Advice(
            f"{empty}: a function gives None, for it has no return.",
            "Write return before the value that it ends with.",
            empty,
        )
    if not none:
        return None
    return Advice(
        f"{at(place)}: {failure.wanted or 'something else'} was wanted, and None came.",
        "A function without return gives None.",
        place,
        vague=True,
    )


def swapped(failure: Failure, known: Known) -> Advice | None:
    """Django's own user stands somewhere, though the project has one of its own."""
    place = known.line(r"from django\.contrib\.auth\.models import .*\bUser\b")
    here = failure.place.file if failure.place else ""
    if "has been swapped for" not in failure.message and not (place and place.file == here):
        return None
    place = place or failure.place
    return Advice(f"{subject(place)} uses Django's User, which your own has replaced.",
                  "Import User from authentication.models, or use get_user_model().", place)  # fmt: skip


def again_and_again(failure: Failure, known: Known) -> Advice | None:
    """A function that calls itself without an end."""
    if failure.type != "RecursionError" or not failure.place:
        return None
    return Advice(f"{failure.place}, calls itself again and again.", "Look for the call that leads back here.",
                  failure.place)  # fmt: skip


def compared(failure: Failure, known: Known) -> Advice | None:
    """Two values that are not the same."""
    if failure.type not in ("AssertionError", "Failed"):
        return None
    place = failure.place
    if hit := re.search(r"DID NOT RAISE (?:<class '[\w.]*?(\w+)'>|(\w+))", failure.message):
        return Advice(f"{at(place)}: {hit[1] or hit[2]} was wanted, and no error came.",
                      "Something has to be refused here, and it is let through.", place, vague=True)  # fmt: skip
    if re.match(r"(not in|in|is not|!=|<=?|>=?) ", failure.wanted):
        claim = f"{_short(failure.came)} {_short(failure.wanted)}"
        return Advice(f"{at(place)}: this has to hold, and does not: {claim}.", "", place, vague=True)
    if failure.wanted:
        claim = f"{_short(failure.wanted)} was wanted, and {_short(failure.came)} came"
        return Advice(f"{at(place)}: {claim}.", "", place, vague=True)
    told = first_line(failure.message)
    said = "" if told.startswith("assert ") else f" {told.removesuffix('.')}."
    if said:
        return Advice(f"{at(place)}:{said}", "", place, vague=True)
    where = re.search(r"\+\s+where (False|None|\[\]|0) = (.+)", failure.message)
    claim = (
        f"{_short(_function(where[2]))} gives {where[1]}"
        if where
        else f"this is not so: {told.removeprefix('assert ')}"
    )
    return Advice(f"{at(place)}: {claim}.", "", place, vague=True)


def _function(call: str) -> str:
    """A call as a person writes it: pytest shows a function with its address in memory."""
    return re.sub(r"<(?:bound method|function) (?:\w+\.)*(\w+)[^()]*>(?=\()", r"\1", call)


def other(failure: Failure, known: Known) -> Advice:
    """Any other error, in its own words."""
    said = first_line(failure.message).removesuffix(".")
    return Advice(f"{at(failure.place)}: {failure.type}{': ' if said else ''}{said}.", "", failure.place, vague=True)


def _short(value: str, most: int = 160) -> str:
    return value if len(value) <= most else f"{value[:most]}…"


RULES = [no_file, no_table, no_address, swapped, no_answer, *calls.RULES, again_and_again, compared]
