"""What the companion's tests share: small chains of stages, written to a folder of their own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from companion.chain.changes import changes
from companion.chain.stages import find, previous


@pytest.fixture
def chain(tmp_path):
    """Writes stages anew: `chain({"01-a": {"f.py": "text"}, …})`. Returns the root folder."""

    def chain(stages: dict[str, dict[str, str | bytes]]) -> Path:
        for stage, contents in stages.items():
            folder = tmp_path / "final" if stage == "final" else tmp_path / "steps" / stage
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, content in contents.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return chain


@pytest.fixture
def difference(chain):
    """The changes from one set of files to another, as of two neighbouring stages."""

    def difference(old: dict, new: dict):
        root = chain({"01-old": old, "02-new": new})
        stage = find("02-new", root)
        return changes(stage, previous(stage, root))

    return difference


@pytest.fixture
def git(tmp_path):
    """Runs git in the root folder of `chain`."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    return git
