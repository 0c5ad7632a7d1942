"""A failure in plain words: the first rule that knows it speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from companion.explaining.advice import Advice, Rule
from companion.explaining.rules import (
    against_stage,
    assertions,
    attributes,
    causes,
    decorators_and_urls,
    django,
    imports,
    preflight,
    typing_errors,
)
from companion.explaining.rules.syntax import unreadable
from companion.project.index import Known
from companion.project.results import Failure, Place

LOADING: list[Rule] = [
    unreadable,
    *preflight.RULES,
    django.refused,
    *imports.RULES,
    *attributes.RULES,
    against_stage.misspelt,
    *decorators_and_urls.RULES,
    django.system_check,
    against_stage.never_imported,
    attributes.not_overridden,
]
TESTING: list[Rule] = [assertions.no_file, *against_stage.RULES, *assertions.RULES]


def explain(failure: Failure, known: Known, likely: Place | None = None) -> Advice:
    """What a failure means. `likely` is the line to open where the failure itself names none of the project."""
    if not unreadable(failure, known) and (cause := _first(causes.RULES, failure, known)):
        return cause
    advice = _first(LOADING, failure, known)
    if advice is None:
        if not failure.places and likely:
            failure = replace(failure, places=(likely,))
        advice = _first(TESTING, failure, known) or assertions.other(failure, known)
    advice = advice if advice.place else replace(advice, place=likely)
    return typing_errors.cause(advice, failure, known, likely) or advice


def _first(rules: Sequence[Rule], failure: Failure, known: Known) -> Advice | None:
    return next((advice for rule in rules if (advice := rule(failure, known))), None)
