"""Compares an output with the one in the docs, without the parts that differ from run to run."""

import difflib
import re

from companion.upkeep.transcripts.transcript import MORE

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
