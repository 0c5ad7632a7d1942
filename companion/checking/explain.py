"""A failure in plain words: the first rule that knows it speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from companion.checking import (
    explain_attributes,
    explain_beside,
    explain_causes,
    explain_django,
    explain_heads,
    explain_names,
    explain_project,
    explain_slips,
    explain_test,
)
from companion.checking.advice import Advice, Rule
from companion.checking.explain_syntax import unreadable
from companion.checking.facts import Failure, Place
from companion.checking.lookup import Known

LOADING: list[Rule] = [
    unreadable,
    *explain_project.RULES,
    explain_django.refused,
    *explain_names.RULES,
    *explain_attributes.RULES,
    explain_beside.misspelt,
    *explain_heads.RULES,
    explain_django.system_check,
    explain_beside.never_imported,
    explain_attributes.not_overridden,
]
TESTING: list[Rule] = [explain_test.no_file, *explain_beside.RULES, *explain_test.RULES]


def explain(failure: Failure, known: Known, likely: Place | None = None) -> Advice:
    """What a failure means. `likely` is the line to open where the failure itself names none of the project."""
    if not unreadable(failure, known) and (cause := _first(explain_causes.RULES, failure, known)):
        return cause
    advice = _first(LOADING, failure, known)
    if advice is None:
        if not failure.places and likely:
            failure = replace(failure, places=(likely,))
        advice = _first(TESTING, failure, known) or explain_test.other(failure, known)
    advice = advice if advice.place else replace(advice, place=likely)
    return explain_slips.cause(advice, failure, known, likely) or advice


def _first(rules: Sequence[Rule], failure: Failure, known: Known) -> Advice | None:
    return next((advice for rule in rules if (advice := rule(failure, known))), None)
