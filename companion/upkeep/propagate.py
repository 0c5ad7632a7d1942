"""Carries edits of one stage into all later stages, by three-way merge.

An edit is what differs from the last commit. A new stage, which the last commit doesn't have, is compared with the
committed stage before it. For each later stage in turn, the edit of the stage before is merged: the base is the
stage before as committed, and the two sides are that stage now and the later stage as committed. An edit that the
later stage has of its own is merged on top, and never overwritten. What an earlier run carried is not such an edit,
so you can edit, carry, test, edit and carry again. An edit that you made in both stages is left alone.
"""

from __future__ import annotations

import hashlib
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
    for before, later in zip(chain[first - 1 :], chain[first:], strict=False):
        for path in repository.edited(before):
            if repository.carry(before, later, path):
                yield f"{later}: {path}"


class Worktree:
    """The stages as committed and as they are now, and a memory of what was carried or merged by hand.

    The memory is a file in git's folder, valid until the next commit. It has keys of what was merged by hand, and for
    each carried file the name of a git blob: the file with the edit, without the later stage's own edits.
    """

    def __init__(self, root: Path, chain: tuple[Stage, ...]) -> None:
        self.root = root
        committed = self._git("ls-tree", "-d", "--name-only", "HEAD", "steps/", "final").decode().splitlines()
        base = None
        self.bases: dict[Stage, str] = {}  # for each stage the folder in the last commit that it is compared with
        for stage in chain:
            base = folder if (folder := self._folder(stage)) in committed else base
            self.bases[stage] = base or folder
        memory = self._git("rev-parse", "--git-path", "companion-propagate.json").decode().strip()
        self.memory = root / memory
        self.commit = self._git("rev-parse", "HEAD").decode().strip()
        known = json.loads(self.memory.read_text()) if self.memory.exists() else {}
        if known.get("commit") != self.commit:
            known = {}
        self.by_hand: list[str] = known.get("by_hand", [])
        self.carried: dict[str, str] = known.get("carried", {})

    def edited(self, stage: Stage) -> list[str]:
        """Returns the paths in `stage` that differ from the last commit: changed, new or deleted."""
        folder = self.bases[stage]
        listed = self._git("ls-tree", "-r", "-z", "--name-only", "HEAD", f"{folder}/").decode().split("\0")
        committed = {name.removeprefix(f"{folder}/") for name in listed if name}
        paths = committed | set(files(stage))
        return sorted(path for path in paths if self.committed(stage, path) != self.now(stage, path))

    def committed(self, stage: Stage, path: str) -> Content:
        """Returns a file as in the last commit, or for a new stage as in the committed stage before it."""
        return self._blob(f"HEAD:{self.bases[stage]}/{path}")

    def now(self, stage: Stage, path: str) -> Content:
        """Returns a file as it is in the work tree."""
        file = stage.path / path
        return file.read_bytes() if file.is_file() else None

    def carry(self, before: Stage, later: Stage, path: str) -> bool:
        """Carries the edit of one file into the later stage; returns whether that changed the file. Raises Conflict."""
        base, edit = self.committed(before, path), self.now(before, path)
        old, mine = self.committed(later, path), self.now(later, path)
        key = hashlib.sha256(repr((later.name, path, base, edit, old)).encode()).hexdigest()
        if mine is not None and conflicts(mine.decode(errors="replace")):
            raise Conflict(self._ask(later, path, "still has conflict markers. Fix the lines between them"))
        if key in self.by_hand or mine == edit:
            return False
        place = f"{later}/{path}"
        if mine is not None and edit is not None:
            wanted, done = _hunks(base, edit), _hunks(old, mine)
            if wanted == done or (wanted <= done and place not in self.carried):
                return False  # the same edit was made here by hand
        last = self._blob(self.carried[place]) if place in self.carried else old
        merged, clean = self._merge(base, old, edit, before, later)
        if clean and merged is not None:
            self.carried[place] = self._git("hash-object", "-w", "--stdin", content=merged).decode().strip()
        if clean and mine != last:
            merged, clean = self._merge(last, mine, merged, later, before)
        if not clean:
            self.by_hand.append(key)
            self._remember()
            if merged is None or mine is None:
                what = "cannot be merged line by line. Put the right version there, or delete it"
            else:
                self._write(later, path, merged)
                what = "cannot be merged by itself. Fix the lines between <<<<<<< and >>>>>>>"
            raise Conflict(self._ask(later, path, what))
        if merged == mine:
            return False
        self._write(later, path, merged)
        self._remember()
        return True

    def _merge(self, base: Content, mine: Content, theirs: Content, old: Stage, new: Stage) -> tuple[Content, bool]:
        """Returns the three-way merge and whether it is clean. If only one side has changed, that side wins."""
        if mine in (base, theirs):
            return theirs, True
        if theirs == base:
            return mine, True
        if mine is None or theirs is None:
            return None, False
        with tempfile.TemporaryDirectory() as folder:
            names = [Path(folder, name) for name in ("mine", "base", "theirs")]
            for name, content in zip(names, (mine, base or b"", theirs), strict=True):
                name.write_bytes(content)
            labels = ["-L", str(new), "-L", f"{old}, as committed", "-L", f"{old}, edited"]
            done = subprocess.run(["git", "merge-file", "-p", *labels, *map(str, names)], capture_output=True)
        return (done.stdout, True) if done.returncode == 0 else (done.stdout or None, False)

    def _write(self, stage: Stage, path: str, content: Content) -> None:
        file = stage.path / path
        if content is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def _blob(self, name: str) -> Content:
        done = subprocess.run(["git", "cat-file", "blob", name], cwd=self.root, capture_output=True)
        return done.stdout if done.returncode == 0 else None

    def _remember(self) -> None:
        known = {"commit": self.commit, "by_hand": self.by_hand, "carried": self.carried}
        self.memory.write_text(json.dumps(known))

    def _ask(self, stage: Stage, path: str, what: str) -> str:
        return f"{self._folder(stage)}/{path} {what}, then run again:\n    {AGAIN}"

    def _folder(self, stage: Stage) -> str:
        return stage.path.relative_to(self.root).as_posix()

    def _git(self, *arguments: str, content: bytes = b"") -> bytes:
        return subprocess.run(["git", *arguments], cwd=self.root, input=content, capture_output=True, check=True).stdout


def _hunks(old: Content, new: bytes) -> Counter[object]:
    """Returns the removed and added lines of each hunk, without their position. A binary file is one hunk."""
    try:
        rows = diff((old or b"").decode(), new.decode())
    except UnicodeDecodeError:
        return Counter([(old, new)])
    groups = groupby(rows, key=lambda row: row.changed)
    return Counter(tuple((row.kind, row.text) for row in group) for changed, group in groups if changed)
