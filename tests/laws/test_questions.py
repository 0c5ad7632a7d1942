"""Checks docs/questions.md: its code compiles, its names exist, and its recipe for an existing project works."""

import re

import pytest

from companion.chain.stages import ROOT, files, find

PAGE = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
ANSWERS = dict(re.findall(r"^### .+? \{ #([\w-]+) \}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
OURS = ["_sign", "find_session", "issue_token", "start_session", "tokens_of", "JWTAuthentication", "UserSerializer"]


def python(answer):
    """Returns the Python blocks of an answer."""
    return re.findall(r"^```python\n(.*?)^```", ANSWERS[answer], re.MULTILINE | re.DOTALL)


def test_every_question_has_an_anchor():
    """A question has an explicit anchor, so links to it don't depend on its words."""
    assert len(ANSWERS) == len(re.findall("^### ", PAGE, re.MULTILINE)) >= 26


@pytest.mark.parametrize("answer", ANSWERS)
def test_code_compiles(answer):
    """Every block is valid Python."""
    for block in python(answer):
        compile(block, answer, "exec")


@pytest.mark.parametrize("name", OURS)
def test_names_of_the_project_exist(name):
    """Each function and class of ours that the page names is in the last stage."""
    code = "".join(path.read_text() for file, path in files(find("final")).items() if file.endswith(".py"))

    assert name in PAGE
    assert re.search(rf"^(def|class) {name}\b", code, re.MULTILINE)


def test_one_device_line_ends_the_other_sessions():
    """The line in the answer uses a relation that the model has."""
    assert python("devices") == ["user.sessions.exclude(pk=session.pk).delete()\n"]
    assert 'related_name="sessions"' in (find("final").path / "authentication/models.py").read_text()


def test_existing_users_survive_the_new_model(tmp_path, run):
    """A project with Django's own user model gets its own model, and its users keep their passwords and groups."""

    def manage(*words):
        return run(tmp_path, "manage.py", *words).stdout

    model, record = python("existing-users")
    run(tmp_path, "-m", "django", "startproject", "config", ".")
    manage("migrate")
    manage("shell", "-c", "from django.contrib.auth.models import Group, User\n"
           "User.objects.create_user('ada', password='pw').groups.add(Group.objects.create(name='staff'))")  # fmt: skip
    (tmp_path / "authentication/migrations").mkdir(parents=True)
    (tmp_path / "authentication/migrations/__init__.py").touch()
    (tmp_path / "authentication/models.py").write_text(model)
    with (tmp_path / "config/settings.py").open("a") as settings:
        settings.write("INSTALLED_APPS += ['authentication']\nAUTH_USER_MODEL = 'authentication.User'\n")
    manage("makemigrations", "authentication")
    assert "InconsistentMigrationHistory" in run(tmp_path, "manage.py", "migrate", check=False).stderr
    manage("shell", "-c", record)

    assert "No migrations to apply." in manage("migrate")
    ask = (
        "from authentication.models import User\nu = User.objects.get()\nprint(u.check_password('pw'), u.groups.get())"
    )
    assert manage("shell", "-v0", "-c", ask).strip() == "True staff"
