import json
import os
import re
import subprocess
import sys
import zipfile

import pytest

from companion.chain.stages import ROOT, files, stages

NOXFILE = (ROOT / "noxfile.py").read_text()
CI = (ROOT / ".ci/run").read_text()


def nox(*arguments, **options):
    """Runs nox on our noxfile, as from a shell."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("NOX")}
    command = [sys.executable, "-m", "nox", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def sessions():
    """Returns all sessions by name."""
    return {session["session"]: session for session in json.loads(nox("-l", "--json").stdout)}


@pytest.fixture(scope="module")
def listing():
    """Returns what `nox -l` prints."""
    return nox("-l").stdout


def test_there_is_a_session_for_every_stage(sessions):
    """There is a session such as `tests(05-authentication-backend)` for every stage."""
    assert [name for name in sessions if name.startswith("tests(")] == [f"tests({stage})" for stage in stages()]


def test_the_list_is_a_table_of_contents(sessions, listing):
    """Sessions for learners come first. The line of all stages shows how to run one. Each line is a sentence."""
    listed = re.findall(r"^[*-] (\S+) -> (.*\.)$", listing, re.MULTILINE)
    names = [name for name, _ in listed]

    assert names[:4] == ["serve", "tests", "zips", "offline"]
    assert sorted(names) == sorted(re.findall(r"^@nox\.session.*\n(?:@.*\n)?def (\w+)", NOXFILE, re.MULTILINE))
    assert re.search(r'`-s "(.*)"`', dict(listed)["tests"])[1] in sessions
    assert listing.startswith("Run a session with `python -m nox -s NAME`. ")


def test_nox_alone_runs_the_companion_and_every_stage(listing):
    """Without arguments, nox runs the companion's own tests, which take longest, and all suites, but nothing slower."""
    assert re.findall(r"^\* (\S+)", listing, re.MULTILINE) == ["tests", "companion"]


def test_nox_prints_no_warning_before_it_begins():
    """It does not warn about sessions that do not run in parallel or about uv, which would look like errors."""
    done = nox("-s", "readme")

    assert done.returncode == 0
    assert done.stderr.splitlines()[0] == "nox > Running session readme"
    assert "uv binary" not in done.stderr


def test_stages_run_in_parallel_without_variables_of_the_shell(monkeypatch):
    """The parallel runner prints a line for each session that starts. Variables of the shell are not passed on."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "nowhere.settings")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nonsense")
    done = nox("-s", "tests(01-dockerfile)", "tests(02-user-model)", "--parallel", "2")

    assert done.returncode == 0, done.stdout
    assert "Starting session tests(01-dockerfile)" in done.stdout
    assert 'nox.options.parallel = "auto"' in NOXFILE


def test_no_session_runs_a_bare_command():
    """A bare `python` or `pytest` could be another Python's, so sessions without their own environment run PYTHON."""
    outside = re.sub(r'@nox\.session\(venv_backend="venv".*?(?=\n@|\nclass )', "", NOXFILE, flags=re.DOTALL)

    commands = re.findall(r"run\((?:session, )?\s*(\S+),", outside)
    assert len(commands) == outside.count("run(")
    assert set(commands) == {"PYTHON", "*command", '"pg_virtualenv"'}


def test_a_failure_ends_with_the_command_that_shows_it_alone(tmp_path):
    """The last lines of a run name what failed, and the command that runs it alone."""
    broken = nox("-s", "tests(01-dockerfile)", "--", "-k", "nothing-has-this-name")

    assert broken.returncode != 0
    assert broken.stderr.splitlines()[-2:] == [
        "tests(01-dockerfile) failed. To see it alone:",
        '    python -m nox -s "tests(01-dockerfile)"',
    ]


@pytest.mark.parametrize(
    ("session", "advice"),
    [
        ("postgres", "Set DATABASE_URL to your PostgreSQL server. On Debian: sudo apt install postgresql.\n"),
        ("faults", "On Debian: sudo apt install postgresql redis-server nginx faketime.\n"),
        ("images", "Images need a builder. Install one, or start its service: docker is not on the PATH; "),
    ],
)
def test_without_its_programs_a_session_says_what_to_do(monkeypatch, tmp_path, session, advice):
    """Without its servers installed, a session prints one sentence, which says what to set or install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    done = nox("-s", session)

    assert done.returncode != 0
    assert advice in done.stdout + done.stderr


def test_serve_passes_its_options_on():
    """The session runs the companion's own command, which prints its URL when it responds."""
    done = nox("-s", "serve", "--", "--no-such-option")

    assert done.returncode != 0
    assert "-m companion serve --no-such-option" in done.stderr
    assert "No such option" in done.stdout


def test_a_zip_contains_only_the_stage(tmp_path):
    """There is a zip for each stage, with its files in a folder of its name."""
    done = nox("-s", "zips", "--", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{stage}.zip" for stage in stages())
    with zipfile.ZipFile(tmp_path / f"{stages()[0]}.zip") as content:
        packed = [name for name in content.namelist() if not name.endswith("/")]
    assert sorted(packed) == sorted(f"{stages()[0]}/{path}" for path in files(stages()[0]))


def test_a_python_that_is_too_old_gets_one_sentence():
    """The check of the version comes before any syntax or import that an old Python can't handle."""
    first_lines = NOXFILE.partition("import atexit")[0].replace("sys.version_info < (3, 11)", "True")
    done = subprocess.run([sys.executable, "-c", first_lines], capture_output=True, text=True)

    assert done.returncode == 1
    assert re.fullmatch(r"This project needs Python 3\.11 or newer, and this is Python 3\.\d+\.\n", done.stderr)


def test_ci_runs_the_command_of_readme_first():
    """CI first runs the command in README, read from there."""
    readme = (ROOT / "README.md").read_text()
    pattern = re.search(r"grep -m1 -E '([^']+)' README\.md", CI)[1]
    found = [line for line in readme.splitlines() if re.search(pattern, line)]

    assert len(found) == 1 and found[0].endswith(".venv/bin/python -m nox")
    assert CI.index('(cd "$copy/Übung 1" && clean bash -c "$command")') < CI.index("-s docs") < CI.index("-s browser")
    assert subprocess.run(["bash", "-n", ROOT / ".ci/run"]).returncode == 0
