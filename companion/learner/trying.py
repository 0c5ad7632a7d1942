"""Tries a remedy on a copy of the project before it is advised."""

import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from companion.chain.stages import Stage
from companion.explaining.advice import Advice
from companion.explaining.explain import Attempt, Explanation
from companion.explaining.rules.syntax import UNREADABLE
from companion.project.edits import apply
from companion.project.index import Known
from companion.project.locate import LEFT_BY_TOOLS, Project
from companion.project.results import PASSED, Failure, Report
from companion.project.statements import APP
from companion.running import suite
from companion.running.run_suite import check, expected

PHASES = ("find", "read", "start", "manage", "settings", "setup", "urls", "migrations", "history", "collect", "test")
MOST = 7  # how many remedies are tried for one failure: each takes about as long as one test
LIMIT = 8.0  # seconds for a test
TOO_LARGE = 1_000_000  # bytes: no test needs a larger file
MIGRATIONS, STALE = "/migrations/", "MissingMigration"
Changes = Mapping[str, str | None]  # the new text of each file; None deletes it


@dataclass
class Trial:
    """Tries remedies on copies of a project. `done` caches the files with which each try helped, or None."""

    stage: Stage
    project: Project | None
    known: Known
    done: dict[object, Changes | None] = field(default_factory=dict)

    @cached_property
    def chain(self) -> tuple[Stage, ...]:
        """Returns the stages up to the one whose tests run."""
        return suite.until(self.stage)

    def advice(self, found: Explanation, ident: str = "") -> tuple[Advice, Attempt | None]:
        """Returns the advice for a failure of test `ident` ("": of what comes before all tests), and what helped."""
        if self.project is None:
            return found.untried, None
        for attempt in found.attempts[:MOST]:
            helped = self._try(attempt, found.failure, ident)
            if helped is not None:
                advice = found.about(attempt)
                if any(MIGRATIONS in file for file in helped) and not attempt.along:
                    advice = replace(advice, remedy=f"{advice.remedy}\nThen run: python manage.py makemigrations")
                return advice, attempt
        return found.unexplained, None

    def passing(self, attempt: Attempt, idents: Collection[str]) -> set[str]:
        """Returns which of these failed tests pass after an attempt."""
        changes = apply((*attempt.cause, *attempt.along), self.known.files)
        results = self._check(changes, idents).results if idents else ()
        return {result.id for result in results if result.outcome == PASSED}

    def _try(self, attempt: Attempt, failure: Failure, ident: str) -> Changes | None:
        """Returns the changed files that fix the failure, with the stage's migrations if they are needed; else None."""
        changes: Changes = apply((*attempt.cause, *attempt.along), self.known.files)
        key = (tuple(sorted(changes.items())), failure.phase, ident)
        if key not in self.done:
            only = [ident or expected(self.stage)[0]]
            report = self._check(changes, only)
            helps, stale = _helps(report, failure, ident), report.finding and report.finding.type == STALE
            if not helps and stale and failure.type != STALE and (migrations := self._migrations()):
                changes = {**changes, **migrations}
                helps = _helps(self._check(changes, only), failure, ident)
            self.done[key] = changes if helps else None
        return self.done[key]

    def _migrations(self) -> Changes:
        """Returns the changes that replace the project's migrations by the stage's, or {} if they are equal."""
        mine = {file: text for file, text in self.known.texts.items() if MIGRATIONS in file}
        theirs = {Path(name).name: text for name, text in self.known.stage_texts.items() if MIGRATIONS in name}
        homes = {file.rpartition("/")[0] for file in mine}
        home = homes.pop() if len(homes) == 1 else f"{self.known.prefix}{APP}/migrations"
        wanted = {f"{home}/{name}": text for name, text in theirs.items()}
        return {} if wanted == mine else {**dict.fromkeys(mine), **wanted}

    def _check(self, changes: Changes, only: Collection[str]) -> Report:
        """Checks a changed copy of the project, which has no environment, no databases and no large files."""
        assert self.project
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            outer = Path(home).resolve() / "project"
            copy = Project(outer, outer / self.project.prefix)
            shutil.copytree(self.project.folder, copy.folder, symlinks=True, ignore=_ignored)
            for path in self.project.outer.iterdir() if copy.folder != outer else ():
                if _is_small(path):
                    shutil.copy2(path, outer)
            for file, text in changes.items():
                path = copy.outer / file
                if path.is_dir():
                    shutil.rmtree(path)
                for folder in path.parents:
                    if folder.is_file():
                        folder.unlink()
                if text is None:
                    path.unlink(missing_ok=True)
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
            return check(self.stage, copy, limit=LIMIT, only=only)


def _ignored(folder: str, names: list[str]) -> set[str]:
    paths = [Path(folder, name) for name in names]
    kept = {path.name for path in paths if _is_small(path) or path.is_dir() and not (path / "pyvenv.cfg").exists()}
    return {*names} - kept | shutil.ignore_patterns("*.sqlite3", *LEFT_BY_TOOLS)(folder, names)


def _is_small(path: Path) -> bool:
    return path.is_file() and path.stat().st_size < TOO_LARGE


def _helps(report: Report, failure: Failure, ident: str) -> bool:
    """Returns whether the test passes, or without a test, whether the check got further than before.

    That is to a later phase, or to another or later line with a syntax error.
    """
    if ident:
        return report.results[0].outcome == PASSED
    now = report.finding
    if now is None or now.phase != failure.phase:
        return now is None or PHASES.index(now.phase) > PHASES.index(failure.phase)
    if now.place is None or failure.place is None or failure.type not in UNREADABLE:
        return False
    return now.place.file != failure.place.file or now.place.line > failure.place.line
