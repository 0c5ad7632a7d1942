"""What Python cannot read, in plain words."""

from __future__ import annotations

import re

from companion.explaining.advice import Advice, at
from companion.project.index import Known
from companion.project.results import Failure, Place

UNREADABLE = ("SyntaxError", "IndentationError", "TabError")
CURLY = re.compile("[\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}"
                   "\N{RIGHT SINGLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}]")  # fmt: skip

# A pattern in Python's message, the sentence behind "FILE, line N", and the remedy. {0} is the pattern's first group.
MESSAGES = [
    (
        r"unindent does not match",
        "is indented to a depth that no line above it has.",
        "Use four spaces for each level.",
    ),
    (r"unexpected indent", "is indented, though no line above it opens a block.", "Move it to the left."),
    (
        r"expected an indented block after (.+ on line \d+)",
        "has to be indented: it belongs to the {0}.",
        "Begin the line with four more spaces, or give the block a line of its own.",
    ),
    (r"'(.)' was never closed", "opens a {0} that is never closed.", "Close it where what it holds ends."),
    (r"unmatched '(.)'", "closes a {0} that was never opened.", "Remove it, or open it where it should begin."),
    (
        r"closing parenthesis '(.)' does not match",
        "closes another bracket with {0} than was opened.",
        "Close each bracket with its own kind.",
    ),
    (r"expected ':'", "needs a colon at its end.", "End it with a colon: the block below it belongs to it."),
    (
        r"unterminated (?:triple-quoted )?f?-?string|EOL while",
        "begins a text whose closing quotation mark is missing.",
        "Put the same quotation mark at the end of the text.",
    ),
    (r"forgot a comma", "lacks a comma between two values.", "Put a comma at the end of each line of a list."),
    (r"outside function", "returns, but stands in no function.", "Indent it as deep as the function that it ends."),
    (
        r"f-string: (?:expecting '}'|unterminated|unmatched)",
        "has a text in a text: before Python 3.12 the two need other quotation marks.",
        "Inside the braces write ' where the text begins with \", or the other way round.",
    ),
    (
        r"invalid character '(.)'",
        "has the sign {0}, which Python does not know.",
        "Is it from a page, in place of code that is not shown?",
    ),
    (r"codec can't decode|encoding", "is not saved as UTF-8.", "Save the file as UTF-8."),
    (
        r"(?:cannot assign to|Maybe you meant '==')",
        "assigns to something that cannot be assigned to.",
        "Write == to compare.",
    ),
]


def unreadable(failure: Failure, known: Known) -> Advice | None:
    """A line that Python cannot read. The rule comes before all others: nothing else is known yet."""
    place = failure.place
    if "null bytes" in failure.message:
        file = next((name for name, text in known.texts.items() if "\0" in text), None)
        place = Place(file, 0) if file else place
        return Advice(f"{at(place)} is no text that Python can read.", "Save it as UTF-8 (not as UTF-16).", place)
    if failure.type not in UNREADABLE or place is None:
        return None
    code = place.code.strip()
    if re.match(r"(<{7}|={7}|>{7})( |$)", code):
        return Advice(
            f"{place}, is the mark of a merge that was not finished.",
            "Keep one of the two versions between <<<<<<< and >>>>>>>, and remove the marks.",
            place,
        )
    if curly := CURLY.search(code):
        return Advice(
            f"{place}, has the quotation mark {curly[0]}, which Python does not know.",
            "Type ' or \" in its place.",
            place,
        )
    if re.match(r"[+-]\s*(def|class|from|import|return|@|\w+ = )|@@ ", code):
        return Advice(
            f"{place}, begins with the sign of a diff.", "Copy the line without the + or - at its start.", place
        )
    if spelled := re.match(r"(Def|Class|Import|From|Return|If|Else|For|Try|Except|Raise)\b", code):
        word = spelled[1]
        return Advice(f"{place}, begins with {word}, and Python's word is {word.lower()}.",
                      f"Write {word.lower()}.", place)  # fmt: skip
    if re.match(r"\d+:?\s+(def|class|from|import|return|@|\w+ = )", code):
        return Advice(f"{place}, begins with the number of a line.", "Copy the line without its number.", place)
    if outside := _meta(failure, place, known):
        return outside
    if re.match(r"(\$|>>>|\.\.\.) ", code):
        return Advice(f"{place}, begins with a prompt.", "Copy the line without what stands before it.", place)
    if hidden := re.search(r"non-printable character (U\+\w+)", failure.message):
        return Advice(
            f"{place}, holds a character that nobody sees ({hidden[1]}).",
            "Delete the spaces of the line and type them again.",
            place,
        )
    if failure.type == "TabError":
        return Advice(f"{place}, mixes tabs and spaces.", "Indent every line with spaces, four for each level.", place)
    for pattern, sentence, remedy in MESSAGES:
        if hit := re.search(pattern, failure.message):
            return Advice(f"{place}, {sentence.format(*hit.groups())}", remedy, place)
    return Advice(
        f"Python cannot read {place}: {failure.message}.", "Look at that line, and at the end of the one above.", place
    )


def _meta(failure: Failure, place: Place, known: Known) -> Advice | None:
    """A `class Meta:` at the margin: what follows is still indented as part of the class around it."""
    if "unindent does not match" not in failure.message and "unexpected indent" not in failure.message:
        return None
    above = enumerate(known.texts.get(place.file, "").splitlines()[: place.line], 1)
    lines = [number for number, line in above if re.match(r"class Meta\b", line)]
    if not lines:
        return None
    there = Place(place.file, lines[-1])
    return Advice(f"{there}: class Meta stands at the margin, and belongs into the class above it.",
                  "Indent it, and what it holds, by four spaces more.", there)  # fmt: skip
