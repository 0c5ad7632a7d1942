"""One learner walks through all chapters, with files as typed so far and one database."""

import pytest

from companion.chain.stages import find
from companion.chain.steps import typed
from companion.upkeep.transcripts.walk import Walk

APP = {"app.py": "A = 1\n", "gone.txt": "x\n", "tests/test_a.py": "old\n"}
NEXT = {"app.py": "A = 1\nB = 2\nC = 3\n", "pkg/__init__.py": "", "pkg/new.py": "N = 1\n", "tests/test_a.py": "new\n"}
PAGE = """---
title: Two
description: Two.
---
# Two

/// beside | app.py#C, gone.txt
One.
///

```console
$ python manage.py migrate
done
```

/// beside | app.py#B, pkg/__init__.py, pkg/new.py
Two.
///

/// beside | tests/test_a.py
Three.
///
"""


@pytest.fixture
def root(chain):
    """Two stages, of which the second has a chapter with three steps."""
    root = chain({"01-old": APP, "02-new": NEXT})
    (root / "docs/chapters").mkdir(parents=True)
    (root / "docs/chapters/01-old.md").write_text("---\ntitle: One\ndescription: One.\n---\n# One\n")
    (root / "docs/chapters/02-new.md").write_text(PAGE)
    return root


@pytest.fixture
def walk(root, tmp_path):
    return Walk(root, tmp_path / "kept")


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_files_are_as_typed_so_far(root):
    """Each step changes the files from the stage before towards this one. Tests are copied, not typed."""
    stage = find("02-new", root)

    old = {"app.py": "A = 1\n", "gone.txt": "x\n", "pkg/__init__.py": None, "pkg/new.py": None}
    assert typed(stage, 0, root) == old
    assert typed(stage, 1, root) == old | {"app.py": "A = 1\nC = 3\n", "gone.txt": None}
    assert typed(stage, 2, root) == {name: NEXT.get(name) for name in old}


def test_a_learner_types_step_by_step(root, walk, tmp_path):
    """Files that a step changes are written, and those that it removes are deleted; returns whether a file changed."""
    stage, folder = find("02-new", root), tmp_path / "mine" / "02-new"
    walk.begin(stage, folder)

    assert contents(folder) == APP
    assert [walk.type(stage, count, folder) for count in (0, 1, 1, 3)] == [False, True, False, True]
    assert contents(folder) == NEXT | {"tests/test_a.py": "old\n"}
    assert (folder.parent / "tutorial/steps/02-new/app.py").read_text() == NEXT["app.py"]


def test_the_next_chapter_gets_the_database(root, walk, tmp_path):
    """The next chapter gets the database that a chapter leaves."""
    walk.begin(find("01-old", root), tmp_path / "a/01-old")
    (tmp_path / "a/01-old/db.sqlite3").write_text("Ada")
    walk.keep(find("01-old", root), tmp_path / "a/01-old")

    walk.begin(find("02-new", root), tmp_path / "b/02-new")
    assert (tmp_path / "b/02-new/db.sqlite3").read_text() == "Ada"


@pytest.mark.parametrize(
    ("file", "old", "new", "again"),
    [
        pytest.param("docs/chapters/02-new.md", "Two.\n", "Other words.\n", False, id="words"),
        pytest.param("docs/chapters/02-new.md", "done", "other", False, id="output"),
        pytest.param("docs/chapters/02-new.md", "migrate", "check", True, id="command"),
        pytest.param("steps/02-new/app.py", "B", "D", True, id="file"),
        pytest.param("steps/01-old/app.py", "A", "D", True, id="file before"),
        pytest.param("steps/02-new/tests/test_a.py", "new", "newer", False, id="test"),
    ],
)
def test_a_chapter_is_played_again_when_its_database_may_differ(root, walk, tmp_path, file, old, new, again):
    """A chapter is stale if a command or file has changed, in it or before it, but not for text or outputs."""
    stage = find("02-new", root)
    assert not walk.was_played(stage)
    walk.keep(stage, tmp_path / "none")
    assert walk.was_played(stage)

    path = root / file
    path.write_text(path.read_text().replace(old, new))
    assert walk.was_played(stage) is not again
