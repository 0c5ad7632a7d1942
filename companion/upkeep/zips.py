"""A zip of each stage, for people without git. The same stage always makes the same bytes."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from companion.chain.stages import Stage, files

NO_DATE = (1980, 1, 1, 0, 0, 0)  # the oldest that a zip can name: the day of packing shall not matter


def pack(stage: Stage, folder: Path) -> Path:
    """Write `NAME.zip` into `folder`, with the stage's files in a folder NAME; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{stage.name}.zip"
    with ZipFile(target, "w") as archive:
        for name, path in files(stage).items():
            entry = ZipInfo(f"{stage.name}/{name}", NO_DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever this machine is
            entry.external_attr = (0o755 if name == "manage.py" else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
    return target
