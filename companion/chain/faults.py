"""Reads the faults of the 2018 article from docs/errata.md, the only place that lists them.

    /// fault | 22
        title: A token without an expiry date is accepted
        severity: high
        area: tokens
        fixed: 04-tokens authentication/tokens.py#REQUIRED_CLAIMS
        tested: tests/test_tokens.py::test_a_token_without_a_claim_is_rejected

    **Article:** … **Run:** … **Fixed:** …
    ///

A fault is either `fixed:` or `kept:` on purpose. Both have a stage and a selector, or several separated by commas.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from companion.chain import stages
from companion.chain.changes import changes
from companion.chain.selectors import REST, NarrationError, read_claim, selectors
from companion.chain.symbols import NotPython

SEVERITIES = {"high": "High", "medium": "Medium", "low": "Low"}
AREAS = {
    "start": "It does not start",
    "image": "Image",
    "tokens": "Tokens",
    "registration": "Registration",
    "login": "Login",
    "rest": "Model, admin, URLs, text",
}
STATES = {"fixed": "Fixed", "kept": "Kept"}


class Location(NamedTuple):
    """Where a fault is fixed: a file of a stage, and a symbol, a text in quotation marks, or "" for the whole file."""

    stage: str
    path: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the article: `state` is a key of STATES; `tested` are the ids of its tests."""

    number: int
    title: str
    severity: str
    area: str
    state: str
    places: tuple[Location, ...]
    tested: tuple[str, ...]


def read(options: dict[str, str], number: str) -> Fault:
    """Returns the fault that these options describe. Raises ValueError, whose message says what is wrong."""
    states = [state for state in STATES if options.get(state)]
    title, severity, area, tested = (options.get(name, "") for name in ("title", "severity", "area", "tested"))
    checks = {
        "behind | stands the fault's number": number.isdigit(),
        f"needs fixed: or kept:, and has {len(states)} of them": len(states) == 1,
        "lacks title:": bool(title),
        f"severity: is one of {', '.join(SEVERITIES)}, and not {severity!r}": severity in SEVERITIES,
        f"area: is one of {', '.join(AREAS)}, and not {area!r}": area in AREAS,
    }
    if problem := next((problem for problem, passed in checks.items() if not passed), ""):
        raise ValueError(f"fault {number}: {problem}")
    tests = tuple(test.strip() for test in tested.split(",") if test.strip())
    return Fault(int(number), title, severity, area, states[0], tuple(_places(options[states[0]])), tests)


def _places(text: str) -> Iterator[Location]:
    stage = ""
    for part in selectors(text):
        first, _, rest = part.partition(" ")
        stage, selector = (first, rest) if rest and "#" not in first else (stage, part)
        path, _, symbol = selector.strip().partition("#")
        yield Location(stage, path, symbol)


def problems(fault: Fault, root: Path = stages.ROOT) -> list[str]:
    """Checks a fault against the stages. Returns a sentence for each contradiction, with its fix."""
    found = [] if fault.tested else ["lacks tested:, the test that fails without the fix"]
    found += [problem for place in fault.places if (problem := _misplaced(place, root))]
    lost = [test for test in fault.tested if requirement(fault, test, root) is None]
    names = ", ".join(sorted({place.stage for place in fault.places}))
    found += [f"tested: there is no {test}, neither in {names} nor in the root" for test in lost]
    return [f"fault {fault.number}: {problem}" for problem in found]


def requirement(fault: Fault, test: str, root: Path = stages.ROOT) -> str | None:
    """Returns the first paragraph of the docstring of a test of this fault, or None if there is no such test.

    Looks for a test of a stage (`tests/test_x.py::test_y`) in the stages of the fault, and for a test of the companion
    (`tests/laws/test_x.py::test_y`) below `root`.
    """
    path, _, name = test.partition("::")
    names = {place.stage for place in fault.places}
    folders = [stage.path for stage in stages.stages(root) if stage.name in names]
    for folder in [*folders, root]:
        if (folder / path).is_file():
            try:
                requirements = _requirements((folder / path).read_text(encoding="utf-8"))
            except SyntaxError:
                return ""  # reported when the chapter of the stage is built
            if name in requirements:
                return requirements[name]
    return None


@lru_cache(maxsize=512)
def _requirements(suite: str) -> dict[str, str]:
    return {
        node.name: " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
        for node in ast.walk(ast.parse(suite))
        if isinstance(node, ast.FunctionDef)
    }


def _misplaced(place: Location, root: Path) -> str | None:
    """Returns why a place is not among the changes of its stage, or None if it is."""
    try:
        stage = stages.find(place.stage, root)
        read_claim(changes(stage, stages.previous(stage, root)), 0, f"{place.path}#{place.symbol or REST}")
    except stages.UnknownStage as error:
        return str(error)
    except NarrationError as error:
        return f"in {place.stage}, {error}"
    except NotPython:
        pass  # reported when its chapter is built
    return None
