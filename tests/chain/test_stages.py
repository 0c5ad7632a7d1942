import pytest

from companion.chain.stages import UnknownStage, copy, files, find, previous, stages


def test_stages_come_in_the_order_of_their_numbers_and_final_last(chain):
    """Folder names give the order; `final` is last, and other folders are not stages."""
    root = chain({"02-b": {"x": ""}, "10-c": {"x": ""}, "01-a": {"x": ""}, "final": {"x": ""}, "notes": {"x": ""}})
    (root / "steps/03-file").write_text("")

    names = ["01-a", "02-b", "10-c", "final"]
    assert [(stage.name, stage.number) for stage in stages(root)] == [(n, names.index(n) + 1) for n in names]


def test_a_stage_is_found_by_its_name_and_has_a_previous_stage(chain):
    """`previous` is the stage before; the first stage has none. An unknown name gives a list of all names."""
    assert stages(chain({})) == ()
    with pytest.raises(UnknownStage, match="there are: none"):
        find("01-a", chain({}))
    root = chain({"01-a": {"x": ""}, "02-b": {"x": ""}, "final": {"x": ""}})

    assert previous(find("final", root), root) == find("02-b", root)
    assert previous(find("01-a", root), root) is None
    with pytest.raises(UnknownStage, match="there is no stage '03-c'; there are: 01-a, 02-b, final"):
        find("03-c", root)


NAMES = [
    "db.sqlite3",
    "__pycache__/a.pyc",
    ".pytest_cache/x",
    ".hypothesis/x",
    ".venv/x",
    "app/__pycache__/b",
    "app/c.pyc",
]
LEFT = dict.fromkeys(NAMES, "x")


def test_generated_files_do_not_belong_to_a_stage_without_git(chain):
    """A downloaded zip has no git, so databases and caches are recognized by their names."""
    root = chain({"01-a": {"b.py": "", "app/a.py": "", ".dockerignore": ""} | LEFT})

    assert list(files(find("01-a", root))) == [".dockerignore", "app/a.py", "b.py"]
    assert files(None) == {}  # before the first stage


def test_git_lists_the_files_of_a_work_tree(chain, git):
    """Ignored and deleted files are left out; new files are included before they are committed."""
    root = chain({"01-a": {"a.py": "", "gone.py": "", "secret.env": "x"}})
    (root / ".gitignore").write_text("*.env\n")
    git("init")
    git("add", ".")
    (root / "steps/01-a/new.py").write_text("")
    (root / "steps/01-a/gone.py").unlink()

    assert list(files(find("01-a", root))) == ["a.py", "new.py"]


def test_generated_files_do_not_belong_to_a_stage_with_git(chain, git):
    """Also without a .gitignore; a tracked file is included, whatever its name."""
    root = chain({"01-a": {"a.py": "", ".coverage": "tracked"}})
    git("init")
    git("add", ".")
    chain({"01-a": {"a.py": "", ".coverage": "tracked"} | LEFT})

    assert list(files(find("01-a", root))) == [".coverage", "a.py"]


def test_a_folder_that_another_repository_ignores_has_its_files(chain, git):
    """If another repository ignores the whole folder, git lists no file, but the folder's files are used."""
    root = chain({"01-a": {"a.py": ""}})
    (root / ".gitignore").write_text("*\n")
    git("init")

    assert list(files(find("01-a", root))) == ["a.py"]


def test_a_stage_is_copied_without_what_running_left(chain, tmp_path):
    """The files are copied into their folders and overwrite older ones; `only` limits the copy."""
    root = chain({"01-a": {"manage.py": "new", "app/models.py": "m", "db.sqlite3": "x", "app/__pycache__/m.pyc": "y"}})
    target = tmp_path / "copy"
    target.mkdir()
    (target / "manage.py").write_text("old")
    stage = find("01-a", root)

    assert copy(stage, target) == target
    assert {p.relative_to(target).as_posix(): p.read_text() for p in target.rglob("*.*")} == {
        "manage.py": "new",
        "app/models.py": "m",
    }
    copy(stage, tmp_path / "part", "app/")
    assert [p.name for p in (tmp_path / "part").rglob("*.py")] == ["models.py"]
