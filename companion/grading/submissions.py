"""Finds the submissions in a folder, which student each belongs to, and whether its content has changed."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice, pairwise
from pathlib import Path

from companion.project.locate import LEFT_BY_TOOLS

# Moodle writes NAME_NUMBER_assignsubmission_PLUGIN, followed by nothing, "_" (older versions) or "_FILE" (not in
# folders). It replaces underscores in a name by spaces. If two numbers come before that, Canvas wrote the name, and
# the rest is the student's own file name.
MOODLE = re.compile(r"(?P<name>(?:(?!_\d+_).)+?)(?:_(?P<id>[0-9]+))?_assignsubmission_[a-z]+(?:_.*)?", re.DOTALL)
# Canvas writes NAME_ID_ATTACHMENT_FILE, or NAME_LATE_ID_ATTACHMENT_FILE. NAME has letters, digits and "_" (older
# versions: "-"), but no number between two "_". A group's name can end in a number: team_1_12_901_project.zip. What was
# typed into a form is no attachment: it has the name NAME_ID_text.html. While an assignment is graded anonymously, NAME
# and ID are replaced.
CANVAS = re.compile(
    r"(?P<owner>[^\s!-,./:-@\[-^`{-~]*?)(?P<late>_LATE|_late)?"
    r"(?:(?P<typed>(?:_[0-9]+)+)_(?:text|link)\.html|(?P<numbers>(?:_[0-9]+){2,})_.+)",
    re.DOTALL,
)
ANONYMOUS = re.compile(r"(?P<late>LATE_|late_)?(?P<name>anon_[^_]*)_[0-9]+_.*", re.DOTALL)
TEAM = re.compile(
    r"(team|group|gruppe|grupp|grupo|groupe|gruppo|[eé]quipe|equipo|squadra|grupa|skupina|ekip|команда|группа)s?",
    re.IGNORECASE,
)
MOST_READ = 200 * 1024 * 1024  # bytes of a submission that are hashed
MOST_NAMES = 20_000  # how many of its files are hashed


class Kind(StrEnum):
    """The type of a submission."""

    FOLDER = "folder"
    ZIP = "zip"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class Student:
    """The student, read from a submission's name: `system` is "canvas", "moodle" or "", `id` the number in the name.

    `doubt` says why there is no `id` although Canvas or Moodle wrote the name.
    """

    name: str
    system: str = ""
    id: str = ""
    late: bool = False
    doubt: str = ""


Reading = tuple[Student, str]  # one way to read a name that Canvas wrote: the student, and the attachment's number


@dataclass(frozen=True, slots=True)
class Submission:
    """One entry of the folder; `name` is its file name."""

    path: Path
    kind: Kind
    student: Student = Student("")

    @property
    def name(self) -> str:
        return self.path.name


def students(names: Iterable[str]) -> dict[str, Student]:
    """Returns the student of each file, read from the names that Canvas and Moodle give to downloaded files.

    The names in a folder are read together: if a name can be read in two ways, the others show which is right.
    """
    readings = {name: [] if MOODLE.fullmatch(name) else _readings(name) for name in names}
    sure = [found[0] for found in readings.values() if len(found) == 1]
    return {name: _student(name, found, sure) for name, found in readings.items()}


def _student(name: str, readings: list[Reading], sure: list[Reading]) -> Student:
    if found := MOODLE.fullmatch(name):
        return _by_moodle(found["name"], found["id"] or "")
    if found := ANONYMOUS.fullmatch(name):
        doubt = "Canvas leaves out the ID while an assignment is graded anonymously."
        return Student(found["name"], "canvas", late=bool(found["late"]), doubt=doubt)
    if not readings:
        return Student(name.removesuffix(".zip").removesuffix(".git"))
    if read := _choose(readings, sure):
        return read
    ids = " or ".join(f"ID {who.id}" for who, _ in readings)
    return replace(readings[0][0], id="", doubt=f"Its name can be read as {ids}: enter the grade by hand.")


def _by_moodle(name: str, number: str) -> Student:
    """Returns the student or team. For a team, Moodle writes the team's number or none, not a participant's."""
    doubt = ""
    if not number:
        doubt = "Moodle has written no number: this comes from the students who are in no team."
    elif re.search(r"\d", name) or any(TEAM.fullmatch(word) for word in re.split(r"\W+", name)):
        doubt = f"This looks like a team's submission, and {number} is then the team's number, not a participant's."
    return Student(name, "moodle", "" if doubt else number, doubt=doubt)


def _readings(name: str) -> list[Reading]:
    """Returns the ways to read a Canvas name: none, one, or two if two numbers could be the ID."""
    found = CANVAS.fullmatch(name)
    if not found:
        return []
    late = bool(found["late"])
    numbers = (found["numbers"] or f"{found['typed']}_").split("_")[1:]
    owners = ["_".join([found["owner"], *numbers[:n]]) for n in range(1 if late else 2)]
    ways = zip(owners, pairwise(numbers), strict=False)
    return [(Student(owner, "canvas", id_, late), file) for owner, (id_, file) in ways]


def _choose(readings: list[Reading], sure: list[Reading]) -> Student | None:
    """Returns the student in the right one of two readings, judged first by the other names, or None."""
    people = {(who.name, who.id) for who, _ in sure}
    files = [int(file) for _, file in sure if file]
    for fits in (
        lambda who, file: len(readings) == 1,
        lambda who, file: (who.name, who.id) in people,
        lambda who, file: files and min(files) <= 2 * int(file or 0) <= 4 * max(files),
        lambda who, file: len(file) >= len(who.id),  # Canvas has more files than people
        lambda who, file: who is readings[-1][0] and TEAM.fullmatch(readings[0][0].name.rpartition("_")[2]),
    ):
        fitting = [who for who, file in readings if fits(who, file)]
        if len(fitting) == 1:
            return fitting[0]
    return None


def submissions(folder: Path, without: Path | None = None, teams: bool = False) -> list[Submission]:
    """Returns the entries of `folder` except hidden ones and `without`. `teams`: Moodle's numbers are of teams."""
    entries = sorted(folder.iterdir(), key=lambda path: (path.name.casefold(), path.name))
    kept = [path for path in entries if not path.name.startswith(".") and os.path.realpath(path) != str(without)]
    whose = students(path.name for path in kept)
    for name, who in whose.items():
        if teams and who.system == "moodle" and who.id:
            whose[name] = replace(who, id="", doubt=f"This is a team's submission, and {who.id} is the team's number.")
    return [Submission(path, kind(path), whose[path.name]) for path in kept]


def kind(path: Path) -> Kind:
    """Returns the type of a path; symbolic links are never followed."""
    if path.is_symlink():
        return Kind.OTHER
    if path.is_dir():
        return Kind.FOLDER
    return Kind.ZIP if path.is_file() and path.suffix.lower() == ".zip" else Kind.OTHER


def digest(submission: Submission) -> str:
    """Returns a hash that changes if the content of the submission's files changes, or why they can't be read."""
    total, left = hashlib.sha256(submission.kind.encode()), MOST_READ
    files = regular_files(submission.path) if submission.kind is Kind.FOLDER else iter([("", submission.path)])
    try:
        for name, path in islice(files, MOST_NAMES):
            total.update(f"{name}\0".encode(errors="surrogateescape"))
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                left -= status.st_size
                if left < 0:  # too large to be graded, so the time of the last change is enough
                    total.update(f"{status.st_size} {status.st_mtime_ns}".encode())
                    continue
                with path.open("rb") as file:
                    total.update(hashlib.file_digest(file, "sha256").digest())
    except Exception as error:  # one submission must not end the run: grading it reports the problem
        return f"not readable: {type(error).__name__}: {error}"
    return total.hexdigest()


def regular_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yields (path in the folder, path) for the files in `folder`, without links and what tools leave behind.

    Raises OSError for a folder that can't be read.
    """
    waiting = [os.fspath(folder)]  # not recursive: a submission can have deeper folders than Python's recursion limit
    while waiting:
        with os.scandir(waiting.pop()) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        entries = [entry for entry in entries if entry.name not in LEFT_BY_TOOLS]
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                path = Path(entry.path)
                yield path.relative_to(folder).as_posix(), path
        folders = [entry.path for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]
        waiting += [path for path in folders if not os.path.exists(os.path.join(path, "pyvenv.cfg"))]
