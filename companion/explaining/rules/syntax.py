"""Explains syntax errors: adds what Python's own message cannot know."""

import re

from companion.explaining.advice import Advice, at, with_full_stop
from companion.project.index import Known
from companion.project.results import Failure, Place

UNREADABLE = ("SyntaxError", "IndentationError", "TabError")
CURLY = "\u201c\u201d\u2018\u2019\u201e"
CODE = r"\s*(?:def|class|from|import|return|@|\w+ = )"

# For each pattern in the line: what is wrong, and the remedy. {0} is the pattern's first group.
LINES = {
    r"^(?:<{7}|={7}|>{7})(?: |$)": "is the mark of a merge that was not finished.\n"
    "Keep one of the two versions between <<<<<<< and >>>>>>>, and remove the marks.",
    rf"([{CURLY}])": "has the quotation mark {0}, which Python does not know.\nType ' or \" in its place.",
    rf"^[+-]{CODE}|^@@ ": "begins with the sign of a diff.\nCopy the line without the + or - at its start.",
    rf"^\d+:? {CODE}": "begins with the number of a line.\nCopy the line without its number.",
    r"^(?:\$|>>>|\.\.\.) ": "begins with a prompt.\nCopy the line without what stands before it.",
    r"^(Def|Class|Import|From|Return|If|Else|For|Try|Except|Raise)\b": "begins with {0}, which Python only knows in "
    "lower case.\nWrite its first letter small.",
}
# The same, for patterns in Python's message.
MESSAGES = {
    r"non-printable character (U\+\w+)": "has a character that nobody can see ({0}).\n"
    "Delete the spaces of the line and type them again.",
    r"tabs and spaces": "mixes tabs and spaces.\nIndent every line with spaces, four for each level.",
    r"codec can't decode|encoding": "is not saved as UTF-8.\nSave the file as UTF-8.",
    r"^f-string: ": "has a text in a text: before Python 3.12 the two need different quotation marks.\n"
    "Inside the braces write ' where the text begins with \", or the other way round.",
}


def unreadable(failure: Failure, known: Known) -> Advice | None:
    """Explains a line that Python cannot read. This rule runs first, because nothing else is known about the file."""
    place = failure.place
    if "null bytes" in failure.message:
        file = next((name for name, text in known.texts.items() if "\0" in text), None)
        place = Place(file, 0) if file else place
        return at(place, " is not text that Python can read.", "Save it as UTF-8 (not as UTF-16).")
    if failure.type not in UNREADABLE or place is None:
        return None
    if outside := _meta(failure, place, known):
        return outside
    for table, text in ((LINES, place.code.strip()), (MESSAGES, failure.message)):
        for pattern, words in table.items():
            if hit := re.search(pattern, text):
                return at(place, *f", {words.format(*hit.groups())}".split("\n"))
    said = f": Python cannot read this line: {with_full_stop(failure.message)}"
    return at(place, said, "Look at that line, and at the end of the one above.")


def _meta(failure: Failure, place: Place, known: Known) -> Advice | None:
    """Finds a `class Meta:` without indentation, whose body is still indented as part of the outer class."""
    above = enumerate(known.texts.get(place.file, "").splitlines()[: place.line], 1)
    lines = [number for number, line in above if re.match(r"class Meta\b", line)]
    if not lines or not re.search(r"unindent does not match|unexpected indent", failure.message):
        return None
    said = ": class Meta is at the margin, and belongs in the class above it."
    return at(Place(place.file, lines[-1]), said, "Indent it, and the lines that belong to it, by four more spaces.")
