"""The stage's tests, adapted to one project."""

from pathlib import Path

import pytest

from companion.project.index import with_package
from companion.running.stage_tests import adapt, copy_tests

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
