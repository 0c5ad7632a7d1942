"""HTML of the head of a chapter: which stage this is, and the tree of the files it changes."""

from __future__ import annotations

from companion.reading.changes import StageChanges
from companion.reading.code import text
from companion.reading.panes import counts, status


def head(stage: StageChanges, total: int, first_pane: dict[str, str]) -> str:
    """The head of a chapter. `total` is the number of stages, `first_pane` the id of a file's first pane by path."""
    number, files = stage.stage.number, stage.files
    dots = "".join(
        f'<i class="{"rd-done" if n < number else "rd-here" if n == number else ""}"></i>' for n in range(1, total + 1)
    )
    added = sum(change.added for change in files.values())
    removed = sum(change.removed for change in files.values())
    verb = "file changes" if len(files) == 1 else "files change"
    return (
        '<aside class="rd-head" aria-label="What this stage changes" data-search-exclude>'
        f'<p class="rd-number"><span>Stage {number} of {total}</span><span class="rd-dots" aria-hidden="true">{dots}</span></p>'
        f"<details open><summary><b>{len(files)} {verb}</b> {counts(added, removed)}</summary>{_tree(stage, first_pane)}</details>"
        f"{_command(stage)}</aside>"
    )


def _command(stage: StageChanges) -> str:
    if stage.previous is None:
        return ""
    root = stage.stage.path.parent if stage.stage.name == "final" else stage.stage.path.parent.parent
    old, new = (s.path.relative_to(root).as_posix() for s in (stage.previous, stage.stage))
    return f'<p class="rd-command"><code>diff -ru {text(old)} {text(new)}</code></p>'


def _tree(stage: StageChanges, first_pane: dict[str, str]) -> str:
    """The stage's files by folder: changed ones counted and linked to their pane, the others in one quiet line."""
    folders: dict[str, list[str]] = {}
    for path in sorted({*stage.tree, *stage.files}, key=lambda path: ("/" not in path, path)):
        folders.setdefault(path.rpartition("/")[0], []).append(path)
    out = []
    for folder, paths in folders.items():
        rows = "".join(_row(stage, path, first_pane) for path in paths if path in stage.files)
        same = ", ".join(text(path.rpartition("/")[2]) for path in paths if path not in stage.files)
        if same:
            rows += f'<li class="rd-same"><span class="rd-hidden">unchanged: </span>{same}</li>'
        out.append(f'<li class="rd-folder"><span>{text(folder)}/</span><ul>{rows}</ul></li>' if folder else rows)
    return f'<ul class="rd-tree">{"".join(out)}</ul>'


def _row(stage: StageChanges, path: str, first_pane: dict[str, str]) -> str:
    change, name = stage.files[path], text(path.rpartition("/")[2])
    link = f'<a href="#{first_pane[path]}">{name}</a>' if path in first_pane else f"<span>{name}</span>"
    return f'<li class="rd-changed">{status(change)}{link}{counts(change.added, change.removed)}</li>'
