"""More than 150 mistakes, each made in a real stage, and the first sentence that a learner gets."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from companion.chain.stages import find
from companion.explaining.advice import describe
from companion.explaining.explain import explain
from companion.learner import outdated, output
from companion.learner.standing import find_standing
from companion.project.locate import locate
from companion.project.reading import compared
from companion.project.results import Failure
from companion.running.environment import environment
from tests.explaining.mistakes import MISTAKES
from tests.project.projects import DJANGO, PINS, typed

SENTENCES = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))
LINKS = {
    "AUTH_USER_MODEL is misspelt": "02-user-model/#step-config-settings-py-auth-user-model",
    "an app is included, and not its addresses": "08-urls/#step-config-urls-py-urlpatterns",
    "a rate left out": "11-throttles/#step-config-settings-py-caches",  # chapter 12 changes the same setting
}


@pytest.fixture(scope="session")
def stood(request, tmp_path_factory, recording):
    """Checks the projects of the chosen tests in parallel, one for each core, and tries the first remedy of each."""

    def made(mistake):
        folder = typed(mistake.stage, tmp_path_factory.mktemp("mistake") / "mine", mistake.changes)
        found = find_standing(folder, find(mistake.stage))
        assert found.missing[0].advice.sentence
        return found

    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = {each["mistake"].name: each["mistake"] for each in params if "mistake" in each}
    tmp_path_factory.getbasetemp()  # created before there are threads
    with recording.replayed(), ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(chosen, pool.map(made, chosen.values()), strict=True))


def chosen(*names):
    """Returns the mistakes with these names, each as a parameter."""
    return [pytest.param(mistake, id=mistake.name) for mistake in MISTAKES if mistake.name in names]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_reported_with_file_line_and_remedy(stood, mistake):
    """The first sentence names the line where the mistake was made, and what to do."""
    found = stood[mistake.name]
    advice = found.missing[0].advice

    assert (advice.place.file, advice.place.line) == (mistake.file, mistake.line(Path(found.report.project)))
    assert advice.sentence
    assert advice.remedy
    assert not found.report.passed


@pytest.mark.parametrize("mistake", chosen(*SENTENCES))
def test_advice_word_for_word(stood, mistake):
    """The whole sentence and the whole remedy, for mistakes of every kind."""
    advice = stood[mistake.name].missing[0].advice

    assert {"sentence": advice.sentence, "remedy": advice.remedy} == SENTENCES[mistake.name]


def test_each_sentence_belongs_to_a_mistake():
    assert SENTENCES.keys() <= {mistake.name for mistake in MISTAKES}
    assert len(SENTENCES) > 40


def test_the_real_error_is_printed_below_the_sentence(project):
    """Python's message is printed, and `--traceback` prints all of it."""
    folder = project("02-user-model", {"authentication/models.py": {"from django.utils import timezone\n": ""}})
    text = output.standing(find_standing(folder, find("02-user-model")), traceback=True)

    assert "\n  Python says: NameError: name 'timezone' is not defined\n" in text
    assert "Traceback (most recent call last):" in text
    assert 'authentication/models.py", line 23, in User' in text


@pytest.mark.parametrize("mistake", chosen(*LINKS))
def test_what_to_read_is_about_the_file_to_open(stood, mistake):
    """The step is linked even if no test has run, and even if the failing test is of another chapter."""
    assert stood[mistake.name].missing[0].link.endswith(f"chapters/{LINKS[mistake.name]}")


def migrated(folder):
    """Migrates the database of a folder, as its owner does."""
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=folder, env=environment(), check=True)


def test_a_database_from_before_the_user_model(project):
    """A learner who has migrated in 01 is told in 02 to delete the database."""
    folder = project("01-dockerfile")
    migrated(folder)
    project("02-user-model")

    first = find_standing(folder, find("02-user-model")).missing[0]
    assert first.advice.sentence == (
        "Your database was migrated before AUTH_USER_MODEL was set (config/settings.py, line 86): "
        "it has admin.0001_initial, and not authentication.0001_initial."
    )
    assert "delete db.sqlite3" in first.advice.remedy
    assert str(first.advice.place) == "config/settings.py, line 86"


def test_a_database_of_an_earlier_stage_is_accepted_and_only_read(project):
    """It is not an error, because migrate updates it. A check doesn't change the learner's database."""
    folder = project("02-user-model")
    migrated(folder)
    before = (folder / "db.sqlite3").read_bytes()
    project("03-user-manager")

    assert find_standing(folder, find("03-user-manager")).report.passed
    assert (folder / "db.sqlite3").read_bytes() == before
    assert sorted(p.name for p in folder.glob("db*")) == ["db.sqlite3"]


def test_another_file_in_place_of_the_database_is_ignored(project):
    """Another file with the database's name doesn't cause a message about migrations."""
    folder = project("02-user-model")
    (folder / "db.sqlite3").write_text("not a database")
    with sqlite3.connect(folder / "other.sqlite3") as connection:
        connection.execute("CREATE TABLE x (y)")

    assert find_standing(folder, find("02-user-model")).report.passed


@pytest.mark.parametrize(
    ("encoding", "sentence"),
    [
        ("utf-16", "requirements.txt is saved as UTF-16, which other programs cannot read."),
        ("latin-1", "requirements.txt, line 1 has a letter that is not saved as UTF-8."),
    ],
)
def test_requirements_in_another_encoding_are_reported(project, encoding, sentence):
    """PowerShell's > writes UTF-16, which editors show correctly. For other encodings, the line is named."""
    folder = project("05-authentication-backend")
    path = folder / "requirements.txt"
    path.write_text(f"# café\n{path.read_text()}", encoding=encoding)

    advice = find_standing(folder, find("05-authentication-backend")).missing[0].advice
    assert advice.sentence == sentence
    assert advice.remedy.startswith(("Save the file as UTF-8.", "Save it as UTF-8."))


@pytest.mark.parametrize("name", ["Dockerfile", "authentication", "config/settings.py"])
def test_a_folder_for_a_file_and_a_file_for_a_folder(project, name):
    """The check doesn't crash if a folder replaces a file of the stage, or a file a folder."""
    folder = project("02-user-model")
    if (folder / name).is_dir():
        shutil.rmtree(folder / name)
        (folder / name).touch()
    else:
        (folder / name).unlink()
        (folder / name).mkdir()

    said = find_standing(folder, find("02-user-model")).missing[0].advice.sentence
    assert said == f"{'authentication/models.py' if name == 'authentication' else name} does not exist yet."


def test_a_path_of_this_machine_is_not_shown(project):
    """The effect of a missing file names the file, without its path on this machine."""
    folder = project("01-dockerfile", {"Dockerfile": None})

    remedy = find_standing(folder, find("01-dockerfile")).missing[0].advice.remedy
    assert remedy.startswith("This causes: FileNotFoundError: No such file or directory: 'Dockerfile'.\n")


def refuse(monkeypatch, method, closed):
    """Makes a method of Path fail for the path `closed`, as if it belonged to another user."""
    real = getattr(Path, method)

    def refusing(path, *arguments, **named):
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, method, refusing)


def test_a_file_without_read_permission_is_reported(project, monkeypatch):
    """A file that belongs to root, for instance, can't be read by the project or the check."""
    folder = project("02-user-model")
    models = folder / "authentication/models.py"
    failure = Failure("setup", "PermissionError", f"[Errno 13] Permission denied: '{models}'")
    refuse(monkeypatch, "read_text", models)
    known = compared(find("02-user-model"), locate(folder))

    assert known.texts["authentication/models.py"] == ""
    assert explain(failure, known).words.sentence == "You are not allowed to read authentication/models.py."


def test_a_folder_without_read_permission_is_reported(project, monkeypatch):
    folder = project("02-user-model")
    refuse(monkeypatch, "is_file", folder)

    found = find_standing(folder, find("02-user-model"))
    assert found.missing[0].advice.sentence == f"{folder} may not be opened: you lack the permission."


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("nowhere", "There is no folder {named}."),
        ("mine/config/urls.py", "{named} is a file, and not the folder of a project."),
        ("empty", "{named} is empty."),
        ("zipped", "{named}/mine.zip is a zip, and not the folder of a project."),
        ("zipped/mine.zip", "{named} is a zip, and not the folder of a project."),
        ("other", "There is no manage.py in {named}, nor in the folders below it."),
        ("mine/config", "config is only a part of your project, whose manage.py lies in {named.parent}."),
        ("two", "There are several projects in this folder: a, b."),
        (find("01-dockerfile").path, "{named} belongs to the companion, and is no project of yours."),
    ],
)
def test_a_folder_that_is_no_project(project, tmp_path, named, sentence):
    """For a wrong folder, the message says what to do."""
    project("01-dockerfile")
    (tmp_path / "empty").mkdir()
    for name in ("zipped/mine.zip", "other/notes.txt", "other/slides.zip", "two/a/manage.py", "two/b/manage.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    found = find_standing(tmp_path / named, find("01-dockerfile"))
    assert found.missing[0].advice.sentence == sentence.format(named=tmp_path / named)
    assert found.missing[0].advice.remedy
    assert not found.report.passed


def test_pins_older_than_the_stages_are_noted(project):
    """An old pin in requirements.txt is noted, with its line."""
    folder = project("05-authentication-backend", {"requirements.txt": {DJANGO: "==4.2.1", "PyJWT==": "pyjwt == "}})

    found = find_standing(folder, find("05-authentication-backend"))
    assert found.notes == [f"requirements.txt, line 1, pins django 4.2.1, older than the stage's {PINS['django']}."]
    assert found.report.passed
    assert "Note: requirements.txt, line 1, pins django 4.2.1" in output.standing(found)


def test_an_older_package_in_this_environment_is_noted(project, monkeypatch):
    """A package of this environment that is too old is named, with the command that updates it."""
    real = outdated.version
    monkeypatch.setattr(outdated, "version", lambda name: "4.2.1" if name == "django" else real(name))

    (note,) = outdated.older(find("01-dockerfile"), None)
    assert note.startswith(
        f"This environment has django 4.2.1, older than the stage's {PINS['django']}: python -m pip install -r "
    )


def test_what_is_not_written_yet_is_not_misspelt(tmp_path):
    """`UserSerializer` is correct, and not a typo of the `EmailSerializer` that a later step adds."""
    known = compared(find("18-password-reset"), locate(typed("17-outbox", tmp_path / "mine")))
    message = "cannot import name 'EmailSerializer' from 'authentication.serializers' (serializers.py)"

    found = explain(Failure("test", "ImportError", message), known)

    assert found.untried.sentence == "authentication/serializers.py has no EmailSerializer yet."


def test_elements_in_another_order_are_not_listed(tmp_path):
    """Two orders of nine middlewares are not printed: the message says that the order differs."""
    mistake = next(each for each in MISTAKES if each.name == "middlewares out of order")
    known = compared(find(mistake.stage), locate(typed(mistake.stage, tmp_path / "mine", mistake.changes)))

    (hunk,) = known.hunks
    assert describe(hunk).sentence == "config/settings.py, line 57, has the same as the stage, in another order."
