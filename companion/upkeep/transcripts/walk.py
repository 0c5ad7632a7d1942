"""Follows one learner through all chapters: their files, as typed so far, and their database.

The database that a chapter leaves is stored in a separate folder, so that the next chapter can be run alone.
"""

import hashlib
from pathlib import Path

from companion.chain.chapters import source
from companion.chain.stages import ROOT, Stage, copy, files, previous
from companion.chain.steps import SUITE, typed
from companion.upkeep.transcripts.transcript import transcripts

DATABASE = "db.sqlite3"


class Walk:
    """A learner on the way. The databases that the chapters leave are stored in `kept`."""

    def __init__(self, root: Path = ROOT, kept: Path | None = None) -> None:
        self.root = root
        self.kept = kept or root / ".transcripts"

    def begin(self, stage: Stage, folder: Path) -> None:
        """Creates the folder of a learner who has finished the chapter before this stage, with its database."""
        before = previous(stage, self.root)
        folder.mkdir(parents=True)
        (folder.parent / "tutorial").symlink_to(self.root)
        if before:
            copy(before, folder)
            if (left := self._stored(before, "sqlite3")).exists():
                (folder / DATABASE).write_bytes(left.read_bytes())

    def type(self, stage: Stage, count: int, folder: Path) -> bool:
        """Writes the files as they are after `count` steps of the chapter. Returns whether a file changed."""
        changed = False
        for name, text in typed(stage, count, self.root).items():
            path = folder / name
            if (path.read_text(encoding="utf-8") if path.exists() else None) == text:
                continue
            changed = True
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        return changed

    def keep(self, stage: Stage, folder: Path) -> None:
        """Stores the database that the chapter leaves, for the chapters that follow."""
        self.kept.mkdir(exist_ok=True)
        if (folder / DATABASE).exists():
            self._stored(stage, "sqlite3").write_bytes((folder / DATABASE).read_bytes())
        self._stored(stage, "key").write_text(self._key(stage))

    def was_played(self, stage: Stage) -> bool:
        """Returns whether the chapter's database is stored, and no command or file up to it has changed since."""
        path = self._stored(stage, "key")
        return path.exists() and path.read_text() == self._key(stage)

    def _stored(self, stage: Stage, kind: str) -> Path:
        return self.kept / f"{stage.name}.{kind}"

    def _key(self, stage: Stage) -> str:
        """Returns a hash of what the database depends on: commands and files of this chapter and of those before it."""
        before = previous(stage, self.root)
        digest = hashlib.sha256(self._key(before).encode() if before else b"")
        for each in transcripts(source(stage, self.root).read_text(encoding="utf-8")):
            digest.update(repr((each.fence.run, each.typed, [entry.source for entry in each.entries])).encode())
        for name, path in files(stage).items():
            if not name.startswith(SUITE):
                digest.update(name.encode() + path.read_bytes())
        return digest.hexdigest()
