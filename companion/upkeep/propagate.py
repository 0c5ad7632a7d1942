"""Carries edits of one stage into all later stages, by three-way merge.

An edit is what differs from the last commit, or from what an earlier run has carried since. A new stage, which the last
commit doesn't have, is compared with the stage before it. For each later stage in turn, the edit of the stage before is
merged: the base is the stage before without the edit, and the two sides are both stages as they are now. An edit that
the later stage has of its own is never overwritten, and an edit that you made in both stages is left alone.
"""

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from companion.chain.changes import conflicts, diff
from companion.chain.stages import ROOT, Stage, files, stages, wanted

Content = bytes | None  # of a file; None if it does not exist
AGAIN = "python -m companion propagate"


class Conflict(Exception):
    """Raised for an edit that can't be merged automatically; the message says where, what to do, and how to go on."""


def propagate(start: str | None = None, root: Path = ROOT) -> Iterator[str]:
    """Carries the uncommitted edits of the stage that `start` names, or of all stages, into every later stage.

    Yields each file that it writes or deletes, as "STAGE: PATH". Raises UnknownStage, and Conflict for the first edit
    that must be merged by hand, with markers in the file: fix it and run again. A second run carries nothing.
    """
    chain = stages(root)
    first = wanted(start, root).number if start else 1
    repository = Worktree(root, chain)
    try:
        for before, later in zip(chain[first - 1 :], [*chain[first:], None], strict=True):
            for path, blob in repository.edited(before).items():
                if repository.carry(before, later, path, blob):
                    yield f"{later}: {path}"
    finally:
        repository.save()


class Worktree:
    """The stages as they are now, and for each file the git blob that it is compared with.

    These blobs are those of the last commit, until an edit of the file is carried or merged by hand. Then it is the
    edited file, stored in a file in git's folder until the next commit. So you can edit, carry, test, edit and carry.
    """

    def __init__(self, root: Path, chain: tuple[Stage, ...]) -> None:
        self.root = root
        self.commit = self._git("rev-parse", "HEAD").decode().strip()
        self.memory = root / self._git("rev-parse", "--git-path", "companion-propagate.json").decode().strip()
        known = json.loads(self.memory.read_text()) if self.memory.exists() else {}
        stored = known.get("blobs", {}) if known.get("commit") == self.commit else {}
        self.blobs: dict[str, dict[str, str | None]] = {}
        before: dict[str, str | None] = {}
        for stage in chain:
            before = dict(stored.get(stage.folder) or self._committed(stage) or before)
            self.blobs[stage.folder] = before

    def edited(self, stage: Stage) -> dict[str, str | None]:
        """Returns the blobs of files that were changed, added or deleted (None), by their paths in the stage."""
        paths = list(files(stage))
        listed = "\n".join(f"{stage.folder}/{path}" for path in paths).encode()
        blobs = self._git("hash-object", "-w", "--no-filters", "--stdin-paths", content=listed).decode().split()
        now, old = dict(zip(paths, blobs, strict=True)), self.blobs[stage.folder]
        return {path: now.get(path) for path in sorted({*now, *old}) if now.get(path) != old.get(path)}

    def carry(self, before: Stage, later: Stage | None, path: str, blob: str | None) -> bool:
        """Carries the edit of one file into the later stage; returns whether that changed the file. Raises Conflict.

        The edit of the last stage, which has no later one, is only stored.
        """
        base, edit = self._content(self.blobs[before.folder].get(path)), self._content(blob)
        file = (later or before).path / path
        mine = file.read_bytes() if file.is_file() else None
        for stage, content in ((before, edit), (later or before, mine)):
            if conflicts((content or b"").decode(errors="replace")):
                raise Conflict(_ask(stage, path, "still has conflict markers. Fix the lines between them"))
        self.blobs[before.folder][path] = blob
        if not later or mine == edit:
            return False
        if mine is not None and edit is not None:
            old = self._content(self.blobs[later.folder].get(path))
            if _hunks(base, edit) <= _hunks(old, mine):
                return False  # the same edit was made here by hand
        merged, clean = _merge(base, mine, edit, before, later)
        if merged is None and not clean:
            what = "cannot be merged line by line. Put the right version there, or delete it"
            raise Conflict(_ask(later, path, what))
        if merged is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(merged)
        if not clean:
            what = "cannot be merged by itself. Fix the lines between <<<<<<< and >>>>>>>"
            raise Conflict(_ask(later, path, what))
        return merged != mine

    def save(self) -> None:
        """Stores the blobs for the next run."""
        self.memory.write_text(json.dumps({"commit": self.commit, "blobs": self.blobs}))

    def _committed(self, stage: Stage) -> dict[str, str | None]:
        """Returns the blobs of a stage in the last commit, by path."""
        listed = self._git("ls-tree", "-r", "-z", "HEAD", f"{stage.folder}/").decode().split("\0")[:-1]
        entries = (line.partition("\t") for line in listed)
        return {name.removeprefix(f"{stage.folder}/"): entry.split()[2] for entry, _, name in entries}

    def _content(self, blob: str | None) -> Content:
        return self._git("cat-file", "blob", blob) if blob else None

    def _git(self, *arguments: str, content: bytes = b"") -> bytes:
        return subprocess.run(["git", *arguments], cwd=self.root, input=content, capture_output=True, check=True).stdout


def _ask(stage: Stage, path: str, what: str) -> str:
    return f"{stage.folder}/{path} {what}, then run again:\n    {AGAIN}"


def _merge(base: Content, mine: Content, edit: Content, old: Stage, new: Stage) -> tuple[Content, bool]:
    """Returns the three-way merge and whether it is clean. If only one side has changed, that side wins."""
    if mine == base:
        return edit, True
    if mine is None or edit is None:
        return None, False
    with tempfile.TemporaryDirectory() as folder:
        names = [Path(folder, name) for name in ("mine", "base", "edit")]
        for name, content in zip(names, (mine, base or b"", edit), strict=True):
            name.write_bytes(content)
        labels = ["-L", str(new), "-L", f"{old}, without the edit", "-L", f"{old}, edited"]
        done = subprocess.run(["git", "merge-file", "-p", *labels, *map(str, names)], capture_output=True)
    return (done.stdout, True) if done.returncode == 0 else (done.stdout or None, False)


def _hunks(old: Content, new: bytes) -> Counter[object]:
    """Returns the removed and added lines of each hunk, without their position. A binary file is one hunk."""
    try:
        rows = diff((old or b"").decode(), new.decode())
    except UnicodeDecodeError:
        return Counter([(old, new)])
    groups = groupby(rows, key=lambda row: row.changed)
    return Counter(tuple((row.kind, row.text) for row in group) for changed, group in groups if changed)
