"""The way of a request through the files of the project, as a drawing: which it meets, and which stage wrote each."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from companion.chain import stages

WIDTH, LEFT, BOX, HEIGHT, GAP = 360, 30, 300, 44, 14
TITLE = "The way of a request through the project"
MEANING = (
    "From top to bottom, the files that a request passes, each with the number of the stage that writes it: {files}. "
    "The answer goes back the same way: 200 with data, or 401 with a challenge."
)
FILES = {
    "config/wsgi.py": "takes the request in",
    "config/middleware.py": "refuses what is too large",
    "authentication/urls.py": "finds the view for the address",
    "authentication/backends.py": "asks who sent it, and answers 401",
    "authentication/tokens.py": "reads the token, or signs a new one",
    "authentication/sessions.py": "finds the login that still holds",
    "authentication/throttles.py": "counts, and answers 429",
    "authentication/views.py": "decides what to do",
    "authentication/parsers.py": "makes Python of the JSON",
    "authentication/serializers.py": "guards what comes in and goes out",
    "authentication/managers.py": "makes and finds users",
    "authentication/models.py": "is the user, a row in the database",
}


@dataclass(frozen=True, slots=True)
class Halt:
    """A file that a request passes: its path in a stage, what it does, and the number of the stage that adds it."""

    path: str
    does: str
    stage: int


def halts(root: Path = stages.ROOT) -> list[Halt]:
    """The files of FILES that the stages below `root` have by now, each with the first stage that has it."""
    chain = stages.stages(root)
    first = {path: next((s.number for s in chain if (s.path / path).is_file()), 0) for path in FILES}
    return [Halt(path, does, first[path]) for path, does in FILES.items() if first[path]]


def drawing(root: Path = stages.ROOT) -> str:
    """The drawing as SVG, whose colours are those of the page around it (classes `jr-…`)."""
    passed = halts(root)
    top = 52
    step = HEIGHT + GAP
    bottom = top + len(passed) * step - GAP
    files = "; ".join(f"{halt.path} {halt.does} (stage {halt.stage})" for halt in passed)
    boxes = "".join(_box(halt, top + n * step) for n, halt in enumerate(passed))
    return (
        f'<svg class="jr" viewBox="0 0 {WIDTH} {bottom + 12}" role="img" aria-labelledby="jr-title jr-meaning">'
        f'<title id="jr-title">{TITLE}</title><desc id="jr-meaning">{escape(MEANING.format(files=files))}</desc>'
        f'<text class="jr-ends" x="{LEFT}" y="18">GET /api/me</text>'
        f'<text class="jr-does" x="{LEFT}" y="36">Authorization: Bearer eyJ…</text>'
        f'<text class="jr-ends" x="{WIDTH - LEFT}" y="18" text-anchor="end">200, or 401</text>'
        f'<text class="jr-does" x="{WIDTH - LEFT}" y="36" text-anchor="end">and a challenge</text>'
        f"{_arrow(12, 12, bottom)}{_arrow(WIDTH - 12, bottom, 12)}{boxes}</svg>"
    )


def _box(halt: Halt, y: int) -> str:
    folder, _, name = halt.path.rpartition("/")
    return (
        f'<rect class="jr-box" x="{LEFT}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="7"/>'
        f'<circle class="jr-stage" cx="{LEFT + 22}" cy="{y + HEIGHT // 2}" r="12"/>'
        f'<text class="jr-number" x="{LEFT + 22}" y="{y + HEIGHT // 2 + 4}" text-anchor="middle">{halt.stage}</text>'
        f'<text class="jr-file" x="{LEFT + 44}" y="{y + 18}"><tspan class="jr-folder">{folder}/</tspan>{name}</text>'
        f'<text class="jr-does" x="{LEFT + 44}" y="{y + 35}">{halt.does}</text>'
    )


def _arrow(x: int, start: int, end: int) -> str:
    back = -7 if end > start else 7
    return (
        f'<path class="jr-arrow" d="M{x} {start}V{end}"/>'
        f'<path class="jr-arrow" d="M{x - 5} {end + back}L{x} {end}L{x + 5} {end + back}"/>'
    )
