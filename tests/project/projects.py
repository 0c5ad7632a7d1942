"""Projects as learners have them, made from the real stages."""

from companion.chain.stages import ROOT, copy, find
from companion.learner.outdated import pins

PINS = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))  # the version of each package, by lower-case name
DJANGO = f"=={PINS['django']}"


def typed(stage, folder, edits=None):
    """Copy a stage as a learner would have typed it, without its tests, change it, and return its folder.

    `edits` has for each path the texts to replace, `{old: new}`; None removes the file, and a text replaces it.
    """
    copy(find(stage), folder, "(?!tests/)")
    for file, change in (edits or {}).items():
        edit(folder / file, change)
    return folder


def edit(path, change):
    """Change one file of a project; what is to be replaced has to be there."""
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
