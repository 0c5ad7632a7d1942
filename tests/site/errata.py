"""Reads a page of errata, for tests of the page and of the chapters."""

from companion.chain.chapters import parse
from companion.chain.faults import Fault, read


def read_all(page: str) -> list[Fault]:
    """Returns all faults of a page, in its order. Raises ValueError."""
    marks, _ = parse(page.splitlines())
    return [read(mark.options, mark.argument) for mark in marks if mark.name == "fault"]
