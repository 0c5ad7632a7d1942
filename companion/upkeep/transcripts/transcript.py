"""Reads the transcripts of a page, compares what was printed with them, and writes other outputs into the page.

A transcript is a fence, ```console (`$ command`, then its output) or ```pycon (`>>> code`, then its output). A comment
right above it can change how it runs. Without one, it runs on the files as typed up to that point:

    <!-- run: in 08-urls -->                in another stage
    <!-- run: database of 01-dockerfile --> with a database that another stage has migrated
    <!-- run: edit PATH: OLD => NEW -->     with one text replaced, for this transcript only
    <!-- run: without PATH#Class.method --> without a class or function
    <!-- run: typing A | B -->              answering prompts with A, then B
    <!-- run: not here, WHY -->             not at all
"""

import difflib
import re
from dataclasses import dataclass, field

from companion.chain.chapters import BESIDE, Fence, parse

KINDS = ("console", "pycon")
MORE = "…"  # a line that matches any lines
# Each replaces one kind of text that differs from run to run.
NORMALISERS = {
    "token": (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "<token>"),
    # Seconds since 1970, as in `iat` and `exp`.
    "moment": (re.compile(r"\b1[789]\d{8}\b"), "<moment>"),
    "duration": (re.compile(r"\b\d+\.\d\ds\b( \(\d:\d\d:\d\d\))?"), "<time>"),
    "password hash": (re.compile(r"pbkdf2_sha256\$(\d+)\$[^$]+\$[\w+/=]+"), r"pbkdf2_sha256$\1$<salt>$<hash>"),
    "signing key": (re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]{8}|(?<=\"x\": \")[\w-]{43}"), "<key>"),
    "line of a log": (re.compile(r'("(?:time|request_id|user)": )("[\w.:+-]+"|\d+)'), r"\1<log>"),
    # The id of a user depends on how many users the reader has saved before.
    "row id": (re.compile(r"""(["'](?:id|sub)["']: ?["']?|\(id )\d+"""), r"\1<id>"),
    "space that one does not see": (re.compile(r"\s+$"), ""),
}


@dataclass
class Entry:
    """One command or statement: its lines without prompts, and the output shown below it."""

    source: list[str]
    output: list[str] = field(default_factory=list)


@dataclass
class Transcript:
    """One fence and its entries; `typed` counts the steps of the chapter above it."""

    fence: Fence
    typed: int
    entries: list[Entry]


def transcripts(text: str) -> list[Transcript]:
    """Returns all transcripts of a page, in order."""
    lines = text.splitlines()
    found = []
    marks, fences = parse(lines)
    for fence in fences:
        if fence.kind in KINDS:
            typed = sum(mark.name == BESIDE and mark.line < fence.start for mark in marks)
            content = [line.removeprefix(fence.indent) for line in lines[fence.start : fence.end]]
            found.append(Transcript(fence, typed, _entries(fence.kind, content)))
    return found


def with_outputs(text: str, changed: list[Transcript]) -> str:
    """Returns the page with the entries of these transcripts rewritten."""
    lines = text.splitlines()
    for each in sorted(changed, key=lambda each: each.fence.start, reverse=True):
        content = [line for entry in each.entries for line in _as_typed(each.fence.kind, entry)]
        lines[each.fence.start : each.fence.end] = [f"{each.fence.indent}{line}".rstrip() for line in content]
    return "\n".join(lines) + "\n"


def _entries(kind: str, content: list[str]) -> list[Entry]:
    entries: list[Entry] = []
    prompt = "$ " if kind == "console" else ">>> "
    continued = False
    for line in content:
        if line.startswith(prompt):
            entries.append(Entry([line.removeprefix(prompt)]))
        elif entries and (continued if kind == "console" else line == "..." or line.startswith("... ")):
            entries[-1].source.append(line if kind == "console" else line[4:])
        elif entries:
            entries[-1].output.append(line)
        continued = bool(entries) and not entries[-1].output and line.endswith("\\")
    return entries


def _as_typed(kind: str, entry: Entry) -> list[str]:
    first, *rest = entry.source
    if kind == "console":
        return [f"$ {first}", *rest, *entry.output]
    return [f">>> {first}", *(f"... {line}".rstrip() for line in rest), *entry.output]


def normalised(line: str) -> str:
    """Returns the line without the parts that differ from run to run."""
    for pattern, replacement in NORMALISERS.values():
        line = pattern.sub(replacement, line)
    return line


def matches(documented: list[str], printed: list[str]) -> bool:
    """Returns whether the output is the documented one. A line with only `…` matches any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == MORE else re.escape(normalised(line)) + r"\n" for line in documented
    )
    return re.fullmatch(pattern, "".join(f"{normalised(line)}\n" for line in printed)) is not None


def abridge(documented: list[str], printed: list[str]) -> list[str]:
    """Returns the output; if the docs have a `…` in the middle, it is cut there in the same way."""
    gaps = [n for n, line in enumerate(documented) if line.strip() == MORE]
    if not gaps:
        return printed
    head, tail = gaps[0], len(documented) - gaps[-1] - 1
    if head + tail >= len(printed):
        return printed
    return [*printed[:head], documented[gaps[0]], *printed[len(printed) - tail :]]


def difference(documented: list[str], printed: list[str]) -> str:
    """Returns a unified diff without its header."""
    old, new = ([normalised(line) for line in side] for side in (documented, printed))
    return "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=1))[2:])
