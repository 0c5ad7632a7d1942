"""A stage's tests: what they require, their ids, and a copy that is adapted to one project."""

from pathlib import Path

import pytest

from companion.chain.stages import find, stages
from companion.project.index import with_package
from companion.running import suite
from companion.running.suite import adapt, copy_tests

HERE = Path("/mine/tests/test_x.py")


@pytest.mark.parametrize(
    ("package", "text", "wanted"),
    [
        ("config", "from config.wsgi import application", "from config.wsgi import application"),
        ("mysite", "from config.wsgi import application", "from mysite.wsgi import application"),
        ("mysite", 'import_module(f"config.{server}")', 'import_module(f"mysite.{server}")'),
        ("core.conf", '"gunicorn config.wsgi", `config/urls.py`', '"gunicorn core.conf.wsgi", `core/conf/urls.py`'),
        ("", '"config.urls", `config/urls.py`', '"urls", `urls.py`'),
        ("mysite", "request.config.getoption('x'); my_config.x; config = 1", "request.config.getoption('x'); my_config.x; config = 1"),
    ],
)  # fmt: skip
def test_the_settings_package_has_the_projects_name(package, text, wanted):
    """Imports, commands and paths are changed; similar names are not."""
    assert with_package(text, package) == wanted


def test_file_is_replaced_by_the_path_in_the_project():
    """`__file__` is the path in the learner's project; names that end like it are not changed."""
    text = "PROJECT = Path(__file__).parent.parent; my__file__ = x.__file__"

    assert adapt(text, "config", HERE, "config.settings") == (
        "PROJECT = Path('/mine/tests/test_x.py').parent.parent; my__file__ = x.__file__"
    )


def test_split_settings_use_the_module_in_manage_py():
    """The module in manage.py replaces `config.settings`, and reloading the settings removes every settings module."""
    text = 'load("config.settings"); sys.modules.pop(name, None); "config.production"'

    assert adapt(text, "mysite", HERE, "mysite.settings.dev") == (
        'load("mysite.settings.dev"); [sys.modules.pop(m, None) for m in list(sys.modules) if m == name or '
        'm.startswith("mysite.settings.")]; "mysite.production"'
    )
    assert adapt(text, "config", HERE, "config.settings") == text


def test_the_dockerfile_is_looked_for_up_to_the_folder_that_was_named(tmp_path):
    """A test that reads a file above manage.py finds it there. Other tests look next to manage.py."""
    stage, target, outer = tmp_path / "stage", tmp_path / "target", tmp_path / "mine"
    project = outer / "backend"
    for folder in (stage / "tests/data", target, project):
        folder.mkdir(parents=True)
    (stage / "pytest.ini").write_text("[pytest]\n")
    (stage / "tests/data/x.bin").write_bytes(b"\xff__file__")
    (stage / "tests/test_docker.py").write_text('(Path(__file__).parent.parent / "Dockerfile").read_text()')
    (stage / "tests/test_manage.py").write_text('(Path(__file__).parent.parent / "manage.py").read_text()')
    (outer / "Dockerfile").touch()
    (project / "manage.py").touch()
    (tmp_path / "manage.py").touch()

    copy_tests(stage, target, "config", "config.settings", project, outer)
    assert repr(f"{outer}/tests/test_docker.py") in (target / "tests/test_docker.py").read_text()
    assert repr(f"{project}/tests/test_manage.py") in (target / "tests/test_manage.py").read_text()
    assert (target / "tests/data/x.bin").read_bytes() == b"\xff__file__"
    assert (target / "pytest.ini").read_text() == "[pytest]\n"


@pytest.fixture
def chain_of_one(chain):
    """Returns a stage with one test."""
    return stages(chain({"01-a": {"pytest.ini": "[pytest]\n", "tests/test_a.py": "def test_a(): pass\n"}}))[0]


def test_requirements_and_hints_are_the_docstrings_paragraphs():
    """The first paragraph is the requirement, the rest the hint; without a docstring, the name is the requirement."""
    asked = suite.stage_test(find("02-user-model"), "tests/test_user_model.py::test_the_migrations_match_the_model")

    assert asked.requirement == "Every change of the model is in a migration."
    assert asked.hint == "Run `python manage.py makemigrations authentication`."
    asked = suite.stage_test(find("02-user-model"), "tests/test_nothing.py::test_no_such_thing")
    assert asked.requirement == "test no such thing"


def test_ids_are_remembered_as_long_as_the_tests_are_the_same(tmp_path, chain_of_one):
    """The ids are collected once, and again after a test was edited; a damaged cache is ignored."""
    stage = chain_of_one
    assert suite.cached_ids(stage, tmp_path) is None
    suite.cache_ids(stage, ["tests/test_a.py::test_a"], tmp_path)
    assert suite.cached_ids(stage, tmp_path) == ["tests/test_a.py::test_a"]

    Path(stage.path, "tests/test_a.py").write_text("def test_b(): pass\n")
    assert suite.cached_ids(stage, tmp_path) is None
    suite.cache_ids(stage, ["tests/test_a.py::test_b"], tmp_path)
    (tmp_path / "01-a.json").write_text("{")
    assert suite.cached_ids(stage, tmp_path) is None


def test_a_folder_without_write_permission_causes_no_error(tmp_path, chain_of_one):
    """If the ids can't be stored, nothing fails."""
    (tmp_path / "file").touch()

    suite.cache_ids(chain_of_one, ["x"], tmp_path / "file")
