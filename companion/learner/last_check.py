"""Stores the result of the last check of a project, outside of it, so that the next check can begin with it."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from companion.project.locate import Project
from companion.running import suite

FOLDER = suite.CACHE
MOST = 50  # how many projects are remembered


@dataclass(frozen=True, slots=True)
class Last:
    """The stage of the last check, the tests that failed in chapter order, and the digest of each file."""

    stage: str = ""
    failed: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def recall(project: Project | None) -> Last:
    """Returns the result of the last check of a project, or an empty one if there is none."""
    with suppress(OSError, ValueError, TypeError):
        return Last(**json.loads(_file(project).read_text(encoding="utf-8"))) if project else Last()
    return Last()


def remember(project: Project, last: Last) -> None:
    """Stores the result of a check. If it can't be written, the next check runs in the usual order."""
    with suppress(OSError):
        FOLDER.mkdir(exist_ok=True)
        _file(project).write_text(json.dumps(asdict(last)), encoding="utf-8")
        for old in sorted(FOLDER.glob("last-*.json"), key=os.path.getmtime)[:-MOST]:
            old.unlink(missing_ok=True)


def digests(texts: Mapping[str, str]) -> dict[str, str]:
    """Returns a short hash of each file's text."""
    return {file: _digest(text) for file, text in texts.items()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def _file(project: Project) -> Path:
    return FOLDER / f"last-{_digest(str(project.folder))}.json"
