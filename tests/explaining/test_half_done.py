"""Advice in the middle of a chapter: never about a later step, and never to rename a correct name."""

import pytest

from companion.chain.stages import find, previous
from companion.learner.output import standing
from companion.learner.standing import find_standing
from tests.project.projects import typed

MANAGERS, MODELS, BACKENDS = (f"authentication/{name}.py" for name in ("managers", "models", "backends"))
SERIALIZERS, TOKENS = "authentication/serializers.py", "authentication/tokens.py"
THREE, FIVE, SETTINGS = "03-user-manager", "05-authentication-backend", "config/settings.py"
PART_1 = [SETTINGS, TOKENS, MODELS, "authentication/checks.py", "authentication/apps.py"]
APP_LISTED = {"    'django.contrib.staticfiles',\n": "    'django.contrib.staticfiles',\n    'authentication',\n"}
OWN_KEY = {"django-insecure-agk2i": "django-insecure-z&9kq"}


def until(stage, file, end=None):
    """Returns a file of the stage up to the line that begins with `end`."""
    text = (find(stage).path / file).read_text()
    return text[: text.index(end)] if end else text


@pytest.fixture
def told(tmp_path, recording):
    """Returns the first advice for a learner who has the stage before, and these files of this one."""

    def told(stage, files, edits=None):
        folder = typed(previous(find(stage)).name, tmp_path / "mine", {**files, **(edits or {})})
        with recording.replayed():
            first = find_standing(folder, find(stage)).missing[0]
            assert first.advice
        return first

    return told


@pytest.mark.parametrize(
    ("stage", "whole", "file", "end", "sentence"),
    [
        (THREE, [], MANAGERS, "    def get_by_natural_key", f"{MANAGERS}, line 23: UserManager has no create_user yet."),
        (THREE, [], MANAGERS, None, f"{MODELS}, line 31: User has no objects yet."),
        (THREE, [MODELS], MANAGERS, None, f"{MODELS}, line 35: your models differ from their migrations (Change managers on user)."),
        ("04-tokens", [TOKENS, MODELS], SETTINGS, None, "authentication/checks.py does not exist yet."),
        (FIVE, PART_1, BACKENDS, "    def _auth", f"{BACKENDS}, line 46: JWTAuthentication has no _authenticate_credentials yet."),
        (FIVE, PART_1, BACKENDS, "    def auth", f"{BACKENDS}, line 10: JWTAuthentication has no authenticate yet."),
        ("06-serializers", [], SERIALIZERS, "class Login", f"{SERIALIZERS} has no LoginSerializer yet."),
    ],
)  # fmt: skip
def test_two_similar_names_of_the_stage_are_two_names(told, stage, whole, file, end, sentence):
    """Two similar names of the stage are not taken for typos of each other."""
    written = {each: until(stage, each) for each in whole} | {file: until(stage, file, end)}

    assert told(stage, written).advice.sentence == sentence


def test_an_app_of_a_later_part_waits_for_its_step(told):
    """In chapter 5 the class comes first, so that Django REST Framework is not installed yet is not reported."""
    first = told(FIVE, {})

    assert first.advice.sentence == "authentication/backends.py does not exist yet."
    assert "#step-authentication-backends" in first.link


@pytest.mark.parametrize(
    ("edits", "step"),
    [({}, "authentication-apps-py"), ({SETTINGS: APP_LISTED}, "config-settings-py-auth-user-model")],
)
def test_a_missing_app_or_setting_links_to_its_step(told, edits, step):
    """A missing app or setting has no line in the project, so the advice links to the chapter's step."""
    files = {"authentication/__init__.py": "", MODELS: until("02-user-model", MODELS)} if edits else {}

    assert told("02-user-model", files, edits).link.endswith(f"/02-user-model/#step-{step}")


def test_an_app_of_a_later_part_does_not_hide_what_keeps_the_project_from_loading(told):
    """If two steps are typed in the wrong order, the model needs a function that is not written yet."""
    first = told("04-tokens", {MODELS: until("04-tokens", MODELS)})

    assert first.advice.sentence == "authentication/tokens.py does not exist yet."


def test_a_different_secret_key_is_not_a_mistake(tmp_path):
    """A project made by startproject has its own SECRET_KEY, which causes no failure."""
    edits = {SETTINGS: OWN_KEY, "Dockerfile": {"USER app": "USER root"}}
    found = find_standing(typed("01-dockerfile", tmp_path / "mine", edits), find("01-dockerfile"))

    assert SETTINGS not in standing(found)
    assert {missing.advice.place.file for missing in found.missing} == {"Dockerfile"}
