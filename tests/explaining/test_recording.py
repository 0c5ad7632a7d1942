"""A recording is used only for the files from which it was made, and matches a real run."""

from dataclasses import replace

import pytest

from companion.chain.stages import find
from companion.project.locate import locate
from companion.project.results import Failure, Report, Result
from companion.running import run_suite
from companion.running.run_suite import check
from tests.explaining import recording
from tests.explaining.mistakes import MISTAKES
from tests.explaining.recording import Recording
from tests.project.projects import typed

STAGE = find("02-user-model")
# One mistake of each phase: those that keep a project from starting, and those that make a test fail, hang or exit.
HANDFUL = """an open bracket, a package that is not installed, manage.py names other settings, a misspelt import,
no migrations, a field without its migration, urls that are not included, a list with another name,
a view without return, settings that end the program, an endless loop""".replace("\n", " ").split(", ")


@pytest.fixture
def runs(monkeypatch):
    """Counts the suites that run; each reports at once that its first test fails."""
    found = []

    def run(stage, project, limit, only):
        found.append(stage.name)
        failure = Failure("test", "KeyError", f"no {project.outer}/x", traceback=f"{project.outer}\nKeyError")
        results = [Result(ident, "passed", "", "") for ident in run_suite.expected(stage)]
        results[0] = replace(results[0], outcome="failed", failure=failure)
        return Report(stage.name, str(project.outer), results)

    monkeypatch.setattr(run_suite, "check", run)
    return found


@pytest.fixture
def replay(tmp_path):
    """Returns the report of a project from a recording that is read from the disk."""

    def replay(project, **named):
        return Recording(tmp_path / "recorded", **named).check(STAGE, project)

    return replay


def test_a_project_runs_once(runs, replay, tmp_path):
    """The second time, also in another folder, the report comes from the recording."""
    first = replay(locate(typed(STAGE.name, tmp_path / "mine")))
    second = replay(locate(typed(STAGE.name, tmp_path / "other")))

    assert runs == [STAGE.name]
    assert second.project == str(tmp_path / "other")
    failure = Failure("test", "KeyError", f"no {tmp_path}/other/x", traceback="KeyError")
    assert [(each.outcome, each.failure) for each in second.results[:2]] == [("failed", failure), ("passed", None)]
    assert [each.id for each in first.results] == [each.id for each in second.results]


def test_a_stale_recording_is_not_used(runs, replay, tmp_path, monkeypatch):
    """A project runs again if one of its lines, its stage's tests or the code of running/ have changed."""
    project = locate(typed(STAGE.name, tmp_path / "mine"))
    replay(project)
    (tmp_path / "mine/config/urls.py").write_text("urlpatterns = []\n")
    replay(project)
    (tmp_path / "running").mkdir()
    (tmp_path / "running/check.py").write_text("print()\n")
    replay(project, running=tmp_path / "running")
    monkeypatch.setattr(recording, "files", lambda stage: {"tests/test_x.py": tmp_path / "mine/manage.py"})
    replay(project, running=tmp_path / "running")

    assert runs == [STAGE.name] * 4


@pytest.mark.parametrize("name", HANDFUL)
def test_a_recording_says_what_a_project_does(recording, tmp_path, name):
    """A mistake of each kind, in a real run."""
    mistake = next(each for each in MISTAKES if each.name == name)
    project = locate(typed(mistake.stage, tmp_path / "mine", mistake.changes))
    recorded, now = recording.check(find(mistake.stage), project), check(find(mistake.stage), project, limit=10)

    def told(report):
        pairs = [(None, report.finding), *((result.outcome, result.failure) for result in report.results)]
        return [(outcome, failure and (failure.phase, failure.type, failure.places)) for outcome, failure in pairs]

    assert told(now) == told(recorded)
