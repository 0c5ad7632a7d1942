"""Advice is what was tried: following a remedy literally gives the code that passed in the copy."""

import re

import pytest

from companion.chain.stages import find
from companion.explaining.advice import describe
from companion.project.edits import apply
from companion.project.locate import locate
from companion.project.reading import compared
from companion.project.statements import lines_as_statements, statements
from tests.explaining.mistakes import MISTAKES
from tests.project.projects import typed


def obeyed(remedy, hunk, text):
    """Returns the text after doing exactly what the remedy says, or None if it has no text to write."""
    lines = text.split("\n")
    line = hunk.place.line
    indent = re.match(r" *", lines[line - 1] if line else "")[0]
    new = next((each for edit in hunk.edits for each in edit.lines if each.strip()), "")
    depth = re.match(r" *", new)[0]
    same = {each.strip(): re.match(r" *", each)[0] for edit in hunk.edits for each in edit.lines}
    if hit := re.fullmatch(r"Write: (.+)", remedy):
        lines[line - 1] = same.get(hit[1], indent) + hit[1]
    elif hit := re.fullmatch(r"Add (?:below line (\d+)|at the top of the file): (.+)", remedy):
        if hit[2].endswith(", as the chapter shows"):
            return None
        lines.insert(int(hit[1] or 0), (depth if hunk.kind == "missing" else indent) + hit[2])
    elif hit := re.fullmatch(r"Replace lines? (\d+)(?: to (\d+))? with:\n(.+)", remedy, re.DOTALL):
        lines[int(hit[1]) - 1 : int(hit[2] or hit[1])] = hit[3].split("\n")
    elif hit := re.fullmatch(r"Add above it: (@.+)", remedy):
        lines.insert(line - 1, indent + hit[1])
    elif remedy in ("Remove it.", "Remove this line."):
        del lines[line - 1]
    elif hit := re.fullmatch(r"Remove lines (\d+) to (\d+)\.", remedy):
        del lines[int(hit[1]) - 1 : int(hit[2])]
    elif hit := re.fullmatch(r"Begin the line with (\d+) spaces\.", remedy):
        lines[line - 1] = " " * int(hit[1]) + lines[line - 1].strip()
    else:
        return None
    return "\n".join(lines)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_remedy_says_what_was_tried(tmp_path, mistake):
    """For each difference of each mistake, the advised text gives the same statements as the attempt."""
    known = compared(find(mistake.stage), locate(typed(mistake.stage, tmp_path / "mine", mistake.changes)))
    for hunk in known.hunks:
        text = known.files.get(hunk.file, "")
        after = obeyed(describe(hunk).remedy, hunk, text)
        if after is None or "\0" in text:
            continue
        wanted = apply([hunk], known.files)[hunk.file]
        python = hunk.file.endswith(".py") and statements(after) and statements(wanted)
        read = statements if python else lines_as_statements
        assert [each.key for each in read(after)] == [each.key for each in read(wanted)], describe(hunk)
