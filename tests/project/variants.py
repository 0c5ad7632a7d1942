"""Correct projects that differ from the stage in names, layout or code; each function changes a project.

A variant gets the folder of a project. It can return another folder, in which the project is then checked.
"""

import ast
import os
import re
import shutil
from pathlib import Path


def sources(folder):
    """Returns the Python files of the project, without migrations."""
    return [p for p in sorted(folder.rglob("*.py")) if "migrations" not in p.parts]


def rewrite(folder, old, new, names=("*.py", "Dockerfile")):
    for name in names:
        for path in folder.rglob(name):
            path.write_text(re.sub(old, new, path.read_text()))


def another_settings_package(folder):
    (folder / "config").rename(folder / "mysite")
    rewrite(folder, r"(?<![\w.])config(?=[.'])", "mysite")


def a_package_in_a_package(folder):
    (folder / "core").mkdir()
    (folder / "config").rename(folder / "core" / "conf")
    rewrite(folder, r"(?<![\w.])config(?=[.'])", "core.conf")
    settings = folder / "core/conf/settings.py"
    settings.write_text(settings.read_text().replace(".parent.parent", ".parent.parent.parent"))


def settings_in_parts(folder):
    settings = folder / "config/settings"
    settings.mkdir()
    text = (folder / "config/settings.py").read_text().replace(".parent.parent", ".parent.parent.parent")
    (folder / "config/settings.py").unlink()
    (settings / "__init__.py").touch()
    (settings / "base.py").write_text(text)
    (settings / "development.py").write_text("from .base import *  # noqa\n\nDEBUG = True\n")
    rewrite(folder, r"config\.settings", "config.settings.development", ["manage.py", "wsgi.py", "asgi.py"])


def settings_beside_manage(folder):
    for path in (folder / "config").iterdir():
        if path.name != "__init__.py":
            path.rename(folder / path.name)
    shutil.rmtree(folder / "config")
    rewrite(folder, r"(?<![\w.])config\.", "")
    settings = folder / "settings.py"
    settings.write_text(settings.read_text().replace(".resolve().parent.parent", ".resolve().parent"))


def in_a_subfolder(folder):
    outer = folder.with_name("repository")
    outer.mkdir()
    folder.rename(outer / "backend")
    (outer / "README.md").write_text("# Mine\n")
    (outer / "frontend").mkdir()
    (outer / "frontend/package.json").write_text("{}")
    return outer


def dockerfile_above_the_code(folder):
    outer = in_a_subfolder(folder)
    for name in ("Dockerfile", ".dockerignore", "requirements.txt"):
        (outer / "backend" / name).rename(outer / name)
    return outer


def spaces_and_umlauts_in_the_path(folder):
    return folder.rename(folder.with_name("Mein Projekt äöü — 日本"))


def a_percent_and_brackets_in_the_path(folder):
    return folder.rename(folder.with_name("100% [mine] {x} 'q'"))


def windows_line_ends(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def tabs(folder):
    for path in sources(folder):
        lines = path.read_text().split("\n")
        path.write_text("\n".join("\t" * ((len(x) - len(x.lstrip(" "))) // 4) + x.lstrip(" ") for x in lines))


def byte_order_marks(folder):
    for path in sources(folder):
        path.write_text(path.read_text(), encoding="utf-8-sig")


def no_comments_and_other_quotes(folder):
    for path in sources(folder):
        path.write_text(ast.unparse(ast.parse(path.read_text())) + "\n")


def models_in_a_package(folder):
    app = folder / "authentication"
    (app / "models").mkdir()
    text = (app / "models.py").read_text()
    (app / "models.py").unlink()
    (app / "models/user.py").write_text(re.sub(r"from \.(managers|tokens)", r"from ..\1", text))
    (app / "models/__init__.py").write_text("from .user import User\n\n__all__ = ['User']\n")


def absolute_imports(folder):
    rewrite(folder / "authentication", r"from \.(?=\w)", "from authentication.")


def the_apps_configuration_by_its_path(folder):
    rewrite(folder, "'authentication',", "'authentication.apps.AuthenticationConfig',", ["settings.py"])


def apps_in_a_folder_of_their_own(folder):
    (folder / "apps").mkdir()
    (folder / "authentication").rename(folder / "apps/authentication")
    path = "import sys\nsys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'apps'))\n"
    rewrite(folder, "(?=BASE_DIR = )", path, ["settings.py"])


def apps_put_on_the_path_by_manage(folder):
    (folder / "apps").mkdir()
    (folder / "authentication").rename(folder / "apps/authentication")
    path = "import os\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'apps'))\n"
    rewrite(folder, r"import sys\n", f"import sys\n{path}", ["manage.py"])


def another_app(folder):
    blog = folder / "blog"
    (blog / "migrations").mkdir(parents=True)
    (blog / "__init__.py").touch()
    (blog / "migrations/__init__.py").touch()
    post = "class Post(models.Model):\n    title = models.TextField()\n"
    (blog / "models.py").write_text(f"from django.db import models\n\n\n{post}")
    key = "models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')"
    operation = f"migrations.CreateModel('Post', [('id', {key}), ('title', models.TextField())])"
    migration = f"class Migration(migrations.Migration):\n    initial = True\n    operations = [{operation}]\n"
    (blog / "migrations/0001_initial.py").write_text(f"from django.db import migrations, models\n\n\n{migration}")
    rewrite(folder, "'authentication',", "'authentication',\n    'blog',", ["settings.py"])


def what_startapp_writes(folder):
    (folder / "authentication/tests.py").write_text("from django.test import TestCase\n\n# Create your tests here.\n")
    if not (views := folder / "authentication/views.py").exists():
        views.write_text("from django.shortcuts import render\n\n# Create your views here.\n")


def leftovers(folder):
    (folder / "notes.py").write_text("this is no Python: I try things here\n")
    for place in ("node_modules/x", ".venv/lib", "venv/lib/python3.11/site-packages/django"):
        (folder / place).mkdir(parents=True)
        (folder / place / "broken.py").write_text("def :(\n")
        (folder / place / "manage.py").touch()
    (folder / "venv/pyvenv.cfg").touch()
    (folder / "authentication/lost.py").symlink_to("nowhere.py")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.py")
    (folder / "db.sqlite3.bak").write_bytes(b"\0")


def tests_of_its_own(folder):
    (folder / "tests").mkdir()
    (folder / "tests/__init__.py").touch()
    (folder / "tests/conftest.py").write_text("raise RuntimeError('not for you')\n")
    (folder / "conftest.py").write_text("raise RuntimeError('not for you')\n")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\nDJANGO_SETTINGS_MODULE = nowhere\n")


def comments_among_the_requirements(folder):
    rewrite(folder, r"(?m)^pytest==", "\n# For the tests\npytest==", ["requirements.txt"])


def another_slim_image(folder):
    image = "FROM --platform=linux/amd64 python:3.12.4-slim-bookworm AS base"
    rewrite(folder, r"FROM python:3.13-slim", image, ["Dockerfile"])


def another_database_server(folder):
    engine = "'ENGINE': 'django.db.backends.postgresql', 'HOST': 'db.invalid'"
    rewrite(folder, "'ENGINE': 'django.db.backends.sqlite3'", engine, ["settings.py"])


def the_database_elsewhere(folder):
    rewrite(folder, r"BASE_DIR / 'db.sqlite3'", "'var/data.sqlite3'", ["settings.py"])


def another_language_and_time_zone(folder):
    rewrite(folder, "'en-us'", "'de-de'", ["settings.py"])
    rewrite(folder, "'UTC'", "'Asia/Kathmandu'", ["settings.py"])


def settings_by_the_environment(folder):
    rewrite(folder, "'config.settings'", "os.environ.get('SETTINGS', 'config' + '.settings')", ["manage.py"])


def manage_that_says_more(folder):
    added = "    print('Welcome!')\n    if len(sys.argv) < 2: sys.exit(1)\n"
    rewrite(folder, "(?=    execute_from)", added, ["manage.py"])


def settings_that_print(folder):
    rewrite(folder, "(?=BASE_DIR = )", "print('loading settings')\n", ["settings.py"])


def a_link_to_the_folder(folder):
    link = folder.with_name("link")
    link.symlink_to(folder, target_is_directory=True)
    return link


def a_linked_app(folder):
    elsewhere = folder.with_name("elsewhere")
    (folder / "authentication").rename(elsewhere)
    (folder / "authentication").symlink_to(elsewhere, target_is_directory=True)


def named_by_its_manage(folder):
    return folder / "manage.py"


def named_from_its_own_folder(folder):
    return Path(os.path.relpath(folder)) / "." / "config" / ".."


def logs_in_a_file(folder):
    text = (folder / "config/settings.py").read_text()
    log = "'handlers': {'f': {'class': 'logging.FileHandler', 'filename': BASE_DIR / 'mine.log', 'delay': True}}"
    (folder / "config/settings.py").write_text(f"{text}\nLOGGING = {{'version': 1, {log}}}\n")


EVERY = [value for name, value in dict(globals()).items()
         if callable(value) and name not in ("sources", "rewrite", "Path")]  # fmt: skip
