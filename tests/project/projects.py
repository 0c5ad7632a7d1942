"""Creates projects as learners have them, from the real stages."""

from companion.chain.stages import ROOT, copy, find
from companion.learner.outdated import pins

PINS = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))  # the version of each package, by lower-case name
DJANGO = f"=={PINS['django']}"


def typed(stage, folder, edits=None):
    """Copies a stage as a learner would have typed it, without its tests, edits it, and returns its folder.

    `edits` maps a path to `{old: new}`, the texts to replace; to None, which removes the file; or to its new text.
    """
    copy(find(stage), folder, "(?!tests/)")
    for file, change in (edits or {}).items():
        edit(folder / file, change)
    return folder


def edit(path, change):
    """Edits one file of a project; raises an error if a text to replace is not in it."""
    if change is None:
        path.unlink()
    elif isinstance(change, str):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(change)
    else:
        text = path.read_text()
        for old, new in change.items():
            assert old in text, f"{path.name} has no {old!r}"
            text = text.replace(old, new)
        path.write_text(text)
