"""What the last check of a project found, so that the next one can begin with it. Kept outside the project."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from companion.project.locate import Project
from companion.running import suite

FOLDER = suite.CACHE
MOST = 50  # projects that are remembered


@dataclass(frozen=True, slots=True)
class Last:
    """The stage that was checked, what failed in the order of the chapter, and the files as they were then."""

    stage: str = ""
    failed: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def changed(self, texts: Mapping[str, str]) -> set[str]:
        """Return the files that differ from those of the last check."""
        now = digests(texts)
        return {file for file in now.keys() | self.files.keys() if now.get(file) != self.files.get(file)}


def recall(project: Project | None) -> Last:
    """Return what the last check of a project found; nothing where there was none."""
    try:
        return Last(**json.loads(_file(project).read_text(encoding="utf-8"))) if project else Last()
    except (OSError, ValueError, TypeError):
        return Last()


def remember(project: Project, last: Last) -> None:
    """Keep what a check found. Where nothing can be written, the next check runs in the usual order."""
    try:
        FOLDER.mkdir(exist_ok=True)
        _file(project).write_text(json.dumps(asdict(last)), encoding="utf-8")
        for old in sorted(FOLDER.glob("last-*.json"), key=os.path.getmtime)[:-MOST]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def digests(texts: Mapping[str, str]) -> dict[str, str]:
    """Return what identifies the content of each file."""
    return {file: hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16] for file, text in texts.items()}


def _file(project: Project) -> Path:
    return FOLDER / f"last-{hashlib.sha256(str(project.folder).encode(errors='replace')).hexdigest()[:16]}.json"
