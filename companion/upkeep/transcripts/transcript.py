"""Reads the transcripts of a page, and writes other outputs into the page.

A transcript is a fence, ```console (`$ command`, then its output) or ```pycon (`>>> code`, then its output). A comment
right above it can change how it runs. Without one, it runs on the files as typed up to that point:

    <!-- run: in 08-urls -->                in another stage
    <!-- run: database of 01-dockerfile --> with a database that another stage has migrated
    <!-- run: edit PATH: OLD => NEW -->     with one text replaced, for this transcript only
    <!-- run: without PATH#Class.method --> without a class or function
    <!-- run: typing A | B -->              answering prompts with A, then B
    <!-- run: not here, WHY -->             not at all
"""

from dataclasses import dataclass, field

from companion.chain.chapters import BESIDE, parse

KINDS = ("console", "pycon")
MORE = "…"  # a line that matches any lines


@dataclass
class Entry:
    """One command or statement: its lines without prompts, and the output shown below it."""

    source: list[str]
    output: list[str] = field(default_factory=list)


@dataclass
class Transcript:
    """One fence: `line` is the first line of its content (counted from 0), `indent` the indentation of its lines.

    `typed` counts the steps of the chapter above it.
    """

    kind: str
    directive: str
    line: int
    end: int
    indent: str
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
            entries = _entries(fence.kind, content)
            found.append(Transcript(fence.kind, fence.run, fence.start, fence.end, fence.indent, typed, entries))
    return found


def with_outputs(text: str, changed: list[Transcript]) -> str:
    """Returns the page with the entries of these transcripts rewritten."""
    lines = text.splitlines()
    for each in sorted(changed, key=lambda each: each.line, reverse=True):
        content = [line for entry in each.entries for line in _as_typed(each.kind, entry)]
        lines[each.line : each.end] = [f"{each.indent}{line}".rstrip() for line in content]
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
