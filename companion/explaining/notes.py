"""Adds a sentence that explains why the stage's code is needed, where the difference alone does not."""

from __future__ import annotations

import re

from companion.project.edits import Hunk
from companion.project.results import Failure

# Each row: regular expressions for the failure, the project's words and the stage's words, and the sentence to add.
NOTES = [
    (r"no attribute 'decode'", r"decode", r"", "Since PyJWT 2, jwt.encode() returns text, which has no decode()."),
    (r"InvalidSubject|InvalidJTI", r"", r"str", "This claim has to be text (RFC 7519)."),
    (r"view must be a callable", r"", r"include", "path() needs a view or include(), and this is text."),
    (r"view must be a callable|as_view", r"", r"as_view|^\(\)$", "path() needs a function, which .as_view() returns."),
    (r"method resolution", r"", r"", "A base class has to come before the classes that it inherits from."),
    (r"", r"^\(", r"^\[", "Round brackets alone do not make a list."),
    (r"partially initialized module", r"import", r"", "The two files import each other."),
    (r"", r"", r"^self\b(?!\.)", "The first parameter of a method is self."),
    (r"\bNone\b|NoneType", r"", r"^return\b", "A function without return gives None."),
    (r"'super'", r"", r"^\(\)$", "super is called with brackets."),
    (r"RecursionError|maximum recursion", r"", r"", "It calls itself again and again."),
    (r"has been swapped for", r"", r"", "Your own user model replaces Django's User."),
    (r"", r"^\(\)$", r"^$", "With brackets, it is called once, when the file is loaded."),
    (r"", r"^,$", r"^$", "A comma at the end makes a tuple."),
    (r"coroutine", r"async", r"", "Nothing waits for a function that is async."),
]


def note(failure: Failure, hunk: Hunk) -> str:
    """Returns the sentence for a failure and the difference that causes it, or "" if there is none."""
    if hunk.symbol == "USE_TZ":
        return "Without time zones, the times in your tokens are not in UTC, and tokens expire too early or too late."
    said = f"{failure.type}: {failure.message} {failure.wanted} {failure.came}"
    for failed, mine, theirs, sentence in NOTES:
        if re.search(failed, said) and re.search(mine, hunk.mine) and re.search(theirs, hunk.theirs):
            return sentence
    return ""
