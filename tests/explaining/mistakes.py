"""Reads mistakes.toml: each mistake is an edit of a real stage, and the line that the first sentence must name."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tests.project.projects import PINS


@dataclass(frozen=True)
class Mistake:
    """A mistake in a stage. mistakes.toml describes the fields."""

    name: str
    stage: str
    file: str
    at: str = ""
    nth: int = 0
    edits: dict = field(default_factory=dict)
    written: dict = field(default_factory=dict)
    removed: list = field(default_factory=list)

    @property
    def changes(self):
        """Returns the `edits` for `typed`."""
        return {file: dict(pairs) for file, pairs in self.edits.items()} | self.written | dict.fromkeys(self.removed)

    def line(self, folder):
        """Returns the number of the wrong line in a project with the mistake, or 0 for the whole file."""
        if not self.at:
            return 0
        lines = (folder / self.file).read_text().splitlines()
        return [number for number, line in enumerate(lines, 1) if line.strip() == self.at][self.nth]


TEXT = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8").replace("{django}", PINS["django"])
MISTAKES = [Mistake(name, **facts) for name, facts in tomllib.loads(TEXT).items()]
